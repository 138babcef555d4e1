# Sourced by tools/demo, tools/test and tools/check: makes the project's own environment in .venv,
# says what it installs, and leaves the system Python alone.
# usage: environment EXTRA      e.g. environment dev

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
export PIP_DISABLE_PIP_VERSION_CHECK=1

find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  echo "edge-affect needs Python 3.11 or newer. On Debian and Raspberry Pi OS: sudo apt install python3 python3-venv" >&2
  return 1
}

make_venv() {
  local python=$1
  "$python" -c 'import ensurepip, venv' 2>/dev/null && "$python" -m venv .venv && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing the system package python3-venv, which makes environments."
    apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null && "$python" -m venv .venv && return
  fi
  echo "This Python cannot make environments. On Debian and Raspberry Pi OS: sudo apt install python3-venv" >&2
  return 1
}

environment() {
  local extra=$1 python stamp wanted
  stamp=.venv/.installed-$extra
  wanted=$(sha256sum pyproject.toml | cut -d' ' -f1)
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && return
  if [ ! -x .venv/bin/python ]; then
    python=$(find_python) || exit 1
    echo "Making the environment .venv with $("$python" --version) (nothing outside this directory changes)."
    make_venv "$python" || exit 1
  fi
  echo "Installing edge-affect with its '$extra' extra into .venv: numpy, scipy, LiteRT, PyAV and what pyproject.toml lists."
  .venv/bin/python -m pip install --quiet --upgrade 'pip>=24' || exit 1
  .venv/bin/python -m pip install --quiet --editable ".[$extra]" || exit 1
  echo "$wanted" >"$stamp"
}
