"""Files are replaced as a whole: after an error, Ctrl-C or a kill, the old one is as it was."""

import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import ClassVar

import pytest

from autograd import Value, draw, page
from autograd.checking.reports.plots import NotebookFigure
from autograd.drawing.steps import steps
from autograd.extend import write
from neuron import History, Neuron
from neuron.lessons.lesson import Lesson, Settings, save_plot
from tests.architecture import ROOT

posix = pytest.mark.skipif(os.name != "posix", reason="permissions, links and pipes of POSIX")
not_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")


def test_strings_are_utf_8_and_bytes_are_written_as_they_are(tmp_path):
    write(tmp_path / "a.txt", "ŷ\n")
    write(str(tmp_path / "b"), b"\r\n\0")
    assert (tmp_path / "a.txt").read_bytes() == "ŷ\n".encode()
    assert (tmp_path / "b").read_bytes() == b"\r\n\0"
    write(tmp_path / "a.txt", "")
    assert (tmp_path / "a.txt").read_bytes() == b""
    write(tmp_path / ("n" * 250), "a long name")
    assert len(list(tmp_path.iterdir())) == 3


def test_folders_are_created_only_on_request(tmp_path):
    with pytest.raises(FileNotFoundError, match="cannot be written: "):
        write(tmp_path / "new" / "file", "")
    write(tmp_path / "new" / "inner" / "file", "content", parents=True)
    assert (tmp_path / "new" / "inner" / "file").read_text() == "content"
    with pytest.raises(OSError, match="cannot be written: ") as error:
        write(tmp_path / "new" / "inner" / "file" / "below", "", parents=True)
    assert error.value.filename == str(tmp_path / "new" / "inner" / "file" / "below")


def test_a_relative_name_is_one_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("file", "content", parents=True)
    assert os.listdir() == ["file"]


@pytest.mark.parametrize("name", ["", "folder", "folder/", "new/", "null\0character", "half\ud800"])
def test_names_of_no_file(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkdir("folder")
    with pytest.raises(OSError, match="cannot be written: ") as error:
        write(name, "content")
    assert error.value.filename == name
    assert os.listdir() == ["folder"]
    assert not os.listdir("folder")


def test_half_a_surrogate_pair_is_seen_before_anything_is_created(tmp_path):
    (tmp_path / "old").write_text("old")
    for name in ("old", "new"):
        with pytest.raises(UnicodeEncodeError):
            write(tmp_path / name, "\ud800")
    assert (tmp_path / "old").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


@posix
def test_permissions_are_kept_and_new_files_get_the_usual_ones(tmp_path):
    file = tmp_path / "file"
    mask = os.umask(0o027)
    try:
        write(file, "new")
    finally:
        os.umask(mask)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    for mode in (0o600, 0o664, 0o755):
        file.chmod(mode)
        write(file, "newer")
        assert stat.S_IMODE(file.stat().st_mode) == mode


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_the_owner_is_kept(tmp_path):
    write(tmp_path / "file", "old")
    os.chown(tmp_path / "file", 12345, 54321)
    write(tmp_path / "file", "new")
    status = (tmp_path / "file").stat()
    assert (status.st_uid, status.st_gid) == (12345, 54321)


@posix
def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "old").write_text("old")
    for target in ("old", "new"):
        (tmp_path / "link").unlink(missing_ok=True)
        (tmp_path / "link").symlink_to(f"folder/{target}")
        write(tmp_path / "link", "content")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "folder" / target).read_text() == "content"
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(OSError, match="cannot be written: "):
        write(tmp_path / "circle", "content")


@posix
def test_devices_and_pipes_are_written_directly(tmp_path):
    write("/dev/null", "content")
    os.mkfifo(tmp_path / "pipe")
    received = []
    reader = threading.Thread(target=lambda: received.append((tmp_path / "pipe").read_text()))
    reader.start()
    write(tmp_path / "pipe", "content")
    reader.join()
    assert received == ["content"]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    end, start = os.pipe()
    write(f"/dev/fd/{start}", "content")  # such as /dev/stdout
    assert os.read(end, 100) == b"content"
    os.close(start)
    os.close(end)


@posix
@not_root
def test_a_read_only_file_or_folder(tmp_path):
    file = tmp_path / "folder" / "file"
    write(file, "old", parents=True)
    file.chmod(0o444)
    with pytest.raises(PermissionError, match="cannot be written: Permission denied: "):
        write(file, "new")
    file.chmod(0o644)
    file.parent.chmod(0o555)
    try:
        for name in ("file", "new"):
            with pytest.raises(PermissionError, match="Permission denied to create a new file in its folder: "):
                write(file.with_name(name), "new")
    finally:
        file.parent.chmod(0o755)
    assert file.read_text() == "old"


FILES = {
    "model.json": lambda file: Neuron(1).save(file),
    "history.csv": lambda file: History().save_csv(file),
    "graph.svg": lambda file: graph().save(file),
    "graph.gv": lambda file: graph().save(file),
    "source": lambda file: graph().save(file.name, directory=file.parent),
    "rendered.gv": lambda file: graph().render(outfile=file.with_suffix(".svg")),
    "page.html": lambda file: page(Value(1.0, label="w") * 2.0).save(file),
    "steps.gif": lambda file: steps(Value(1.0, label="w") * 2.0).save(file, scale=0.1),
    "steps-01.svg": lambda file: steps(Value(1.0, label="w") * 2.0).save(file.with_name("steps.svg")),
    "check.png": lambda file: NotebookFigure((1, 1)).savefig(file),
    "lesson.svg": lambda file: save_plot(str(file), 1, lambda axes: None),
    "lesson.csv": lambda file: Plain().save_csv(str(file)),
}


def graph():
    drawing = draw(Value(1.0, label="w") * 2.0)
    drawing.pipe = lambda *_, **__: b"<svg/>"
    return drawing


class Plain(Lesson):
    settings = Settings(epochs=0, lr=0.1)
    histories: ClassVar = {"training": History()}


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_replaced_as_a_whole(name, tmp_path, monkeypatch):
    file = tmp_path / name
    file.write_text("old")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match=r"cannot be written: No space left on device: ") as error:
            FILES[name](file)
    written = os.path.basename(error.value.filename)
    assert file.read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {name}, "nothing else is left"
    FILES[name](file)
    assert file.read_text(errors="replace") != "old"
    assert written in os.listdir(tmp_path)


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_ctrl_c_leaves_the_old_file_and_nothing_else(moment, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("old")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, moment, interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_figure_is_saved_under_the_names_that_matplotlib_gives_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    figure = NotebookFigure((1, 1))
    figure.savefig("a")
    figure.savefig("b.pdf", dpi=50)
    figure.savefig("c.dat", format="svg")
    with open("d", "wb") as stream:
        figure.savefig(stream, format="png")
    assert {name: Path(name).read_bytes()[:4] for name in os.listdir()} == {
        "a.png": b"\x89PNG",
        "b.pdf": b"%PDF",
        "c.dat": b"<?xm",
        "d": b"\x89PNG",
    }
    with pytest.raises(ValueError, match="txt"):
        figure.savefig("e.txt")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the attack forks processes")
def test_kills_interrupts_and_full_disks_lose_no_file():
    command = [sys.executable, "-m", "tests.robustness.writes", "--kind", "save", "--kills", "5"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "save: SIGKILL: 5 attacks, 10 files checked, 0 problems" in run.stdout
