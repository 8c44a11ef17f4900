"""Event files: the reference's is read, ours has its layout and name."""

import pathlib
import re
import socket

import pytest

from tfcompat import protos
from tfcompat.graph import errors
from tfcompat.io.event_file import EventsWriter, summary_iterator
from tfcompat.io.tfrecord import read_records

GOLDEN = pathlib.Path(__file__).parent.parent / "golden"


def test_the_reference_s_file_is_read():
    events = list(summary_iterator(GOLDEN / "io" / "events.tfevents"))
    assert events[0].file_version == "brain.Event:2"
    assert [event.step for event in events] == [0, 7, 8]
    recorded = (GOLDEN / "protos" / "event.tensorflow.Event.pb").read_bytes()
    assert events[1] == protos.Event.FromString(recorded)
    assert [value.tag for value in events[2].summary.value] == ["scalar", "image", "histo", "tensor"]


def test_writing_the_same_events_gives_the_same_file(tmp_path, monkeypatch):
    golden = GOLDEN / "io" / "events.tfevents"
    records = list(read_records(golden))
    first = protos.Event.FromString(records[0])
    monkeypatch.setattr("time.time", lambda: first.wall_time + 0.75)
    writer = EventsWriter(tmp_path / "events", ".suffix")
    assert writer.path == ""
    for record in records[1:]:
        writer.write_event(protos.Event.FromString(record))
    writer.close()
    assert pathlib.Path(writer.path).read_bytes() == golden.read_bytes()
    expected = rf"events\.out\.tfevents\.{int(first.wall_time):010d}\.{re.escape(socket.gethostname())}\.suffix"
    assert re.fullmatch(expected, pathlib.Path(writer.path).name)


def test_no_event_no_file(tmp_path):
    writer = EventsWriter(tmp_path / "events")
    writer.flush()
    writer.close()
    assert list(tmp_path.iterdir()) == []


def test_flushed_events_are_readable_and_a_lost_file_starts_anew(tmp_path):
    writer = EventsWriter(str(tmp_path / "events"))
    writer.write_event(protos.Event(step=1))
    writer.flush()
    assert [event.step for event in summary_iterator(writer.path)] == [0, 1]
    pathlib.Path(writer.path).unlink()
    writer.write_event(protos.Event(step=2))
    writer.close()
    assert [event.step for event in summary_iterator(writer.path)] == [0, 2]


def test_a_missing_file(tmp_path):
    with pytest.raises(errors.NotFoundError, match="No such file"):
        list(summary_iterator(tmp_path / "none"))


def test_writers_of_a_session_share_the_file_of_a_directory(tmp_path):
    import tfcompat.compat.v1 as tf

    def write(session, folder, tag):
        writer = tf.summary.FileWriter(str(tmp_path / folder), session=session)
        writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag=tag, simple_value=1)]))
        writer.close()

    with tf.Session() as session:
        for folder, tag in (("a", "one"), ("b", "other"), ("a", "two")):
            write(session, folder, tag)
        (path,) = (tmp_path / "a").iterdir()
        events = list(tf.train.summary_iterator(str(path)))
        assert [v.tag for e in events for v in e.summary.value] == ["one", "two"]
