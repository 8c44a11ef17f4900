"""Tests of sessions: what may be fetched and fed, options, partial runs, threads, lifetimes."""
