#!/bin/busybox sh
# The guest's first program: loads what its disk needs, and goes over to the system on the disk.
busybox=/bin/busybox
$busybox mount -t proc proc /proc
$busybox mount -t sysfs sysfs /sys
$busybox mount -t devtmpfs devtmpfs /dev
while read -r module; do $busybox insmod "$module"; done </load
until [ -b /dev/vda ]; do $busybox usleep 20000; done
$busybox mount -t ext4 -o noatime /dev/vda /disk
for folder in dev proc sys; do $busybox mount --move /$folder /disk/$folder; done
exec $busybox switch_root /disk /sbin/init
