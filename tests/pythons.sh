#!/usr/bin/env bash
# Runs the tests of the last commit on several Pythons, and with the oldest dependencies:
#
#     tests/pythons.sh 3.12 3.13 3.14 oldest
#
# A Python that this machine does not have is taken from Debian, into a folder of its own ($PYTHONS, by default
# ~/.cache/pythons), which needs root and debootstrap.  pip works there as it is configured here.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
project=$PWD
folder=${PYTHONS:-$HOME/.cache/pythons}
unset PYTHONPATH

# The path of a Python on this machine; its name may also be that of a script of pyenv, which has no such Python.
here() {
    local python
    for python in $(command -v "python$1") $(compgen -G "$HOME/.pyenv/versions/$1.*/bin/python" | sort --version-sort); do
        "$python" -c "" 2>/dev/null && echo "$python" && return
    done
    return 1
}

# Clone, install and test, with the Python in $1 and the constraints in $2.
checks='
set -e
place=$(mktemp -d)
trap "rm -rf $place" EXIT
git -c safe.directory="*" clone --quiet "'"$project"'" $place/project
cd $place/project
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_QUIET=1
"$1" -m venv $place/environment
$place/environment/bin/pip install ${2:+--constraint $2} -e ".[test]"
$place/environment/bin/python --version
$place/environment/bin/python -m pytest --quiet
'

# The same in the Debian that has this Python, with what a desktop has: the libraries of pygraphviz, and fonts.
debian() {
    local suite=forky scripts=/usr/share/debootstrap/scripts packages
    [ "$1" = 3.13 ] && suite=trixie
    local root=$folder/$suite
    packages="git python$1 python$1-venv libx11-6 libxext6 libxrender1 libglib2.0-0t64 libexpat1 fontconfig fonts-liberation"
    [ -e $scripts/$suite ] || ln -s sid $scripts/$suite
    [ -e "$root/usr/bin/apt-get" ] || debootstrap --variant=minbase --include=ca-certificates $suite "$root" || return 1
    DEBIAN_FRONTEND=noninteractive chroot "$root" sh -c "apt-get -o Acquire::Check-Valid-Until=false update && apt-get -o Dpkg::Options::=--force-confold install --yes $packages" \
        </dev/null >"$root/apt.log" 2>&1 || echo "not all of $packages could be installed; see $root/apt.log" >&2
    unshare --mount bash -c ' # a namespace of its own, which leaves no mounts behind
        root=$1 project=$2
        for place in /dev /proc /opt /etc/xdg /etc/ssl/certs "$project"; do
            [ -d "$place" ] && mkdir -p "$root$place" && mount --rbind "$place" "$root$place"
        done
        exec chroot "$root" bash -c "$4" checks "python$3"
    ' debian "$root" "$project" "$1" "$checks"
}

failed=0
for version in "${@:-3.11}"; do
    echo "--- $version"
    if [ "$version" = oldest ]; then
        bash -c "$checks" checks "$(here 3.11)" tests/oldest.txt
    elif python=$(here "$version"); then
        bash -c "$checks" checks "$python"
    else
        debian "$version"
    fi || failed=1
done
exit $failed
