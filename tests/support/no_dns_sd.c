/* ippeveprinter does not start where no Avahi runs, not even with `-r off`. In front of it by LD_PRELOAD, this is an
 * Avahi that can be reached; with `-r off` nothing more is asked of it. */
static int anything;

void *avahi_threaded_poll_new(void) { return &anything; }
void *avahi_threaded_poll_get(void *poll) { return poll; }
int avahi_threaded_poll_start(void *poll) { return poll == 0; }
void avahi_threaded_poll_lock(void *poll) { (void)poll; }
void avahi_threaded_poll_unlock(void *poll) { (void)poll; }

void *avahi_client_new(const void *poll, int flags, void *callback, void *data, int *error)
{
    (void)poll; (void)flags; (void)callback; (void)data;
    if (error)
        *error = 0;
    return &anything;
}
