"""Writing an estimator's model for serving."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping
from typing import Any

from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import get_default_graph
from tfcompat.platform import logging
from tfcompat.saved_model import constants
from tfcompat.saved_model.builder import SavedModelBuilder
from tfcompat.training.saver import Saver
from tfcompat.training.scaffold import Scaffold

_ATTEMPTS = 10


def new_directory(base: str) -> str:
    """A path below `base`, named with the seconds since 1970, that does not exist.

    Raises:
        RuntimeError: ten such paths in turn were taken.
    """
    for _ in range(_ATTEMPTS):
        path = os.path.join(base, str(int(time.time())))
        if not os.path.exists(path):
            return path
        time.sleep(1)
        logging.warning("Directory %s already exists; retrying", path)
    raise RuntimeError(f"Failed to obtain a unique export directory name after {_ATTEMPTS} attempts.")


def write(
    target: str,
    session: Any,
    spec: Any,
    signature_defs: Mapping[str, Any],
    checkpoint: str,
    assets_extra: Mapping[str, str] | None,
    as_text: bool,
    strip_default_attrs: bool,
) -> None:
    """Restores `checkpoint` into `session` and writes the default graph as a SavedModel to `target`, all at once."""
    local_init = spec.scaffold.local_init_op
    if local_init is None:
        local_init = Scaffold.default_local_init_op()
    saver = spec.scaffold.saver or Saver(sharded=True)
    saver.restore(session, checkpoint)
    temporary = os.path.join(os.path.dirname(target), f"temp-{os.path.basename(target)}")
    builder = SavedModelBuilder(temporary)
    builder.add_meta_graph_and_variables(
        session,
        tags=[constants.SERVING],
        signature_def_map=signature_defs,
        assets_collection=get_default_graph().get_collection(GraphKeys.ASSET_FILEPATHS),
        main_op=local_init,
        saver=saver,
        strip_default_attrs=strip_default_attrs,
    )
    builder.save(as_text)
    for name, source in (assets_extra or {}).items():
        path = os.path.join(temporary, "assets.extra", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copyfile(source, path)
    os.replace(temporary, target)
