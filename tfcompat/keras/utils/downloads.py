"""`tf.keras.utils.get_file`: files of the network, kept on disk."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import urllib.error
import urllib.request
import zipfile
from typing import Any

from tfcompat.graph.export import tf_export
from tfcompat.keras.config import keras_home
from tfcompat.keras.utils.progress import Progbar

_BLOCK = 65535


@tf_export("keras.utils.get_file")
def get_file(
    fname: str,
    origin: str,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: Any = "auto",
    cache_dir: str | None = None,
) -> str:
    """The path of a file, which is downloaded unless it is there.

    Args:
        fname: its name; an absolute path stays what it is.
        origin: its address.
        untar: whether it is a .tar.gz, `fname` without that ending is a directory and what to give.
        md5_hash: older form of `file_hash`.
        file_hash: what its contents have to have; a file that is there with another one is downloaded again.
        cache_subdir: directory below `cache_dir`, or an absolute one.
        hash_algorithm: "md5", "sha256", or "auto" for what fits the length of the hash.
        extract: whether it is an archive to be unpacked beside it.
        archive_format: "auto", "tar", "zip", None, or a list of these.
        cache_dir: the directory of `~/.keras` by default.

    Raises:
        Exception: the download failed.
        ValueError: what was downloaded has another hash.
    """
    if md5_hash is not None and file_hash is None:
        file_hash, hash_algorithm = md5_hash, "md5"
    folder = os.path.join(os.path.expanduser(cache_dir or keras_home()), cache_subdir)
    os.makedirs(folder, exist_ok=True)
    unpacked = os.path.join(folder, fname)
    path = f"{unpacked}.tar.gz" if untar else unpacked
    present = os.path.exists(path)
    if present and file_hash is not None and not has_hash(path, file_hash, hash_algorithm):
        print(
            f"A local file was found, but it seems to be incomplete or outdated because the {hash_algorithm} file "
            f"hash does not match the original value of {file_hash} so we will re-download the data."
        )
        present = False
    if not present:
        print("Downloading data from", origin)
        _download(origin, path)
        if file_hash is not None and not has_hash(path, file_hash, hash_algorithm):
            raise ValueError(f"{origin} gave a file whose {hash_algorithm} hash is not {file_hash}.")
    if untar:
        if not os.path.exists(unpacked):
            unpack(path, folder, "tar")
        return unpacked
    if extract:
        unpack(path, folder, archive_format)
    return path


def _download(origin: str, path: str) -> None:
    part = f"{path}.part"
    try:
        with urllib.request.urlopen(origin) as source, open(part, "wb") as target:
            size = int(source.headers.get("Content-Length") or 0)
            progress, seen = Progbar(size or None), 0
            while block := source.read(_BLOCK):
                target.write(block)
                seen += len(block)
                progress.update(seen)
        os.replace(part, path)
    except urllib.error.HTTPError as error:
        raise Exception(f"URL fetch failure on {origin} : {error.code} -- {error.msg}") from error
    except urllib.error.URLError as error:
        raise Exception(f"URL fetch failure on {origin} : {error.errno} -- {error.reason}") from error
    finally:
        if os.path.exists(part):
            os.remove(part)


def has_hash(path: str, wanted: str, algorithm: str = "auto") -> bool:
    """Whether a file has a hash, of "md5", "sha256", or what fits the length of the hash."""
    is_sha = algorithm == "sha256" or (algorithm == "auto" and len(wanted) == 64)
    made = hashlib.sha256() if is_sha else hashlib.md5(usedforsecurity=False)
    with open(path, "rb") as stream:
        while block := stream.read(_BLOCK):
            made.update(block)
    return made.hexdigest() == wanted


def unpack(path: str, folder: str, archive_format: Any = "auto") -> bool:
    """Unpacks an archive of one of the formats into `folder`; False when it is none of them.

    Files that were begun are taken away when that fails.
    """
    formats = ["tar", "zip"] if archive_format == "auto" else archive_format
    for kind in [formats] if isinstance(formats, str) else formats or []:
        if not (tarfile.is_tarfile if kind == "tar" else zipfile.is_zipfile)(path):
            continue
        try:
            if kind == "tar":
                with tarfile.open(path) as archive:
                    archive.extractall(folder, filter="data")
            else:
                with zipfile.ZipFile(path) as zipped:
                    zipped.extractall(folder)
        except (tarfile.TarError, RuntimeError, KeyboardInterrupt):
            if os.path.exists(folder):
                shutil.rmtree(folder)
            raise
        return True
    return False
