#!/bin/sh
# Runs while the guest's root lies open: image_inside.sh ROOT WORK MEGABYTES. Sets it up and makes the files of it.
set -eu
root=$1 work=$2 megabytes=$3
here=$(cd "$(dirname "$0")" && pwd)

echo guest >"$root/etc/hostname"
printf '127.0.0.1 localhost guest\n' >"$root/etc/hosts"
printf 'LABEL=guest / ext4 noatime 0 0\nLABEL=payload /payload ext4 ro 0 0\n' >"$root/etc/fstab"
mkdir -p "$root/payload"
cp "$here/agent.service" "$root/etc/systemd/system/"
chroot "$root" systemctl enable --quiet agent.service systemd-networkd.service
cp "$here/guest.network" "$root/etc/systemd/network/"
# A guest that lives for minutes needs none of these.
chroot "$root" systemctl mask --quiet apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer \
    e2scrub_reap.service systemd-networkd-wait-online.service systemd-random-seed.service

# The first root: no more than finds and mounts the disk.
kernel=$(basename "$root"/lib/modules/*)
first="$work/first"
mkdir -p "$first/bin" "$first/modules" "$first/dev" "$first/proc" "$first/sys" "$first/disk"
cp /bin/busybox "$first/bin/"
for module in virtio_pci virtio_blk ext4; do
    modprobe --set-version "$kernel" --dirname "$root" --show-depends "$module"
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$work/modules"
while read -r module; do
    cp "$module" "$first/modules/"
    echo "/modules/$(basename "$module")" >>"$first/load"
done <"$work/modules"
install -m 755 "$here/first_root.sh" "$first/init"
(cd "$first" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/initrd.img"

cp "$root/boot/vmlinuz-$kernel" "$work/vmlinuz"
rm -rf "$root"/boot/* "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
# Seen through another mount, without the kernel's file systems that are mounted inside for the packages' scripts.
mkdir "$work/plain"
mount --bind "$root" "$work/plain"
mke2fs -q -t ext4 -L guest -d "$work/plain" "$work/root.img" "${megabytes}M"
umount "$work/plain"
