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

# The path of a Python on this machine.
here() { command -v "python$1" || compgen -G "$HOME/.pyenv/versions/$1.*/bin/python" | sort --version-sort | tail -n 1; }

# Clone, install and test, with the Python in $1 and the constraints in $2; in Debian this is the script of a shell.
checks='
set -e
place=$(mktemp -d)
trap "rm -rf $place" EXIT
git -c safe.directory="*" clone --quiet '"$project"' $place/project
cd $place/project
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_QUIET=1
"$1" -m venv ../environment
../environment/bin/pip install ${2:+--constraint $2} -e ".[test]"
../environment/bin/python -m pytest --quiet
'

debian() { # run the checks in the Debian that has this Python
    local suite=forky scripts=/usr/share/debootstrap/scripts
    [ "$1" = 3.13 ] && suite=trixie
    local root=$folder/$suite
    [ -e $scripts/$suite ] || ln -s sid $scripts/$suite
    [ -e "$root/usr/bin/apt-get" ] || debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" || return
    chroot "$root" sh -c "apt-get update && apt-get install --yes git 'python$1' 'python$1-venv'" >"$root/apt.log" 2>&1 || return
    ( # mounted in a namespace of its own, so that nothing is left behind
        unshare --mount bash -c '
            root=$1 project=$2 python=$3 checks=$4
            for place in /dev /proc /opt /etc/xdg /etc/ssl/certs "$project"; do
                [ -d "$place" ] && mkdir -p "$root$place" && mount --rbind "$place" "$root$place"
            done
            exec chroot "$root" bash -c "$checks" checks "$python"
        ' debian "$root" "$project" "python$1" "$checks"
    )
}

failed=0
for version in "${@:-3.11}"; do
    echo "--- $version"
    unset PYTHONPATH
    case $version in
        oldest) bash -c "$checks" checks "$(here 3.11)" tests/oldest.txt ;;
        *) if python=$(here "$version") && [ -n "$python" ]; then bash -c "$checks" checks "$python"; else debian "$version"; fi ;;
    esac || failed=1
done
exit $failed
