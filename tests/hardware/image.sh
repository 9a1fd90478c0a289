#!/bin/sh
# Builds the guest's disk, kernel and first root into a folder: image.sh FOLDER. Nothing of the product is in them.
#
# The packages come through this machine's own apt: its sources of the distribution, its way to them.
set -eu
folder=$1
here=$(cd "$(dirname "$0")" && pwd)
wanted=systemd,systemd-sysv,udev,dbus,kmod,iproute2,python3,python3-venv,adduser,psmisc,linux-image-amd64
disk_mb=1500 # sparse: only what is used takes space

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
work=$(mktemp -d "$folder/making.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

format='deb $(REPO_URI) $(RELEASE) $(COMPONENT)'
apt-get indextargets --format "$format" 'Created-By: Packages' 'Origin: Debian' | sort -u >"$work/sources.list"
[ -s "$work/sources.list" ] || { echo "image.sh: apt knows no sources of Debian: apt-get update" >&2; exit 1; }
apt-config dump --no-empty --format '%F "%v";%n' Acquire >"$work/apt.conf"

# Left out of the packages: what is only read by people, and modules of hardware that the guest does not have.
modules='/lib/modules/*/kernel'
# shellcheck disable=SC2046  # words are wanted
TMPDIR=$work INITRD=No mmdebstrap --quiet --variant=minbase --format=null --include="$wanted" --aptopt="$work/apt.conf" \
    $(printf -- '--dpkgopt=path-exclude=%s/* ' /usr/share/doc /usr/share/man /usr/share/locale \
        "$modules"/drivers/gpu "$modules"/drivers/media "$modules"/drivers/infiniband "$modules"/drivers/staging \
        "$modules"/drivers/iio "$modules"/drivers/scsi "$modules"/sound "$modules"/drivers/net/wireless \
        "$modules"/drivers/net/ethernet) \
    --customize-hook="sh '$here/image_inside.sh' \"\$1\" '$work' $disk_mb" \
    "" /dev/null "$work/sources.list"

mv "$work/root.img" "$work/vmlinuz" "$work/initrd.img" "$folder/"
