//! The keys in Redis, and whom it tells of their change.

use super::World;
use crate::queue::Message;
use crate::state::{Frame, Key, Lease, PROCESSES, Subject};
use crate::variants::Without;

impl World<'_> {
    /// A key was written: one push to each connection that read it since its last; with `NOLOOP` none
    /// to the connection that wrote, whose registration is used up all the same.
    pub(super) fn touch(&mut self, key: Key, by: Option<usize>) {
        let subject = match key {
            Key::Entry | Key::Lease => Subject::Entry,
            Key::Stamp => Subject::Tag,
            Key::Bucket => Subject::Bucket,
        };
        for p in 0..PROCESSES {
            let process = &mut self.state.processes[p];
            if process.tracked & key as u8 != 0 {
                process.tracked &= !(key as u8);
                match (by == Some(p), self.bounds.own_pushes) {
                    (true, true) if self.counted => process.queue.push(Message::Own(subject)),
                    (true, false) => {}
                    _ => process.queue.push(Message::Push(subject)),
                }
            }
        }
    }

    pub(super) fn track(&mut self, p: usize, keys: &[Key]) {
        let lease = self.bounds.lease_pushes && self.without != Without::LeasePushes;
        for &key in keys.iter().filter(|&&key| lease || key != Key::Lease) {
            self.state.processes[p].tracked |= key as u8;
        }
    }

    /// Scripts read what they will write, so that their caller is pushed exactly their writes.
    pub(super) fn count_writes(&mut self, p: usize, keys: &[Key]) {
        if self.bounds.own_pushes {
            self.track(p, keys);
        }
    }

    pub(super) fn delete_entry(&mut self, by: Option<usize>) {
        if self.state.redis.entry.take().is_some() {
            self.another_entry();
            self.touch(Key::Entry, by);
        }
    }

    fn another_entry(&mut self) {
        for caller in &mut self.state.callers {
            caller.same_id = false;
        }
    }

    pub(super) fn delete_lease(&mut self, by: Option<usize>) {
        if self.state.redis.lease != Lease::None {
            self.state.redis.lease = Lease::None;
            self.touch(Key::Lease, by);
        }
    }

    pub(super) fn delete_stamp(&mut self, by: Option<usize>) {
        if std::mem::take(&mut self.state.redis.stamp) {
            self.another_stamp();
            self.touch(Key::Stamp, by);
        }
    }

    /// What carries or noted the stamp that was there is of another from now on.
    pub(super) fn another_stamp(&mut self) {
        for caller in &mut self.state.callers {
            caller.stamped = false;
        }
        let late = self.state.processes.iter_mut();
        let late = late
            .filter_map(|p| p.late_fill.as_mut())
            .map(|fill| &mut fill.frame);
        for frame in self.state.redis.entry.iter_mut().chain(late) {
            frame.stamped = false;
        }
    }

    pub(super) fn delete_bucket(&mut self, by: Option<usize>) {
        if std::mem::take(&mut self.state.redis.bucket) {
            for caller in &mut self.state.callers {
                caller.bucketed = false;
            }
            for process in &mut self.state.processes {
                process.bucket = process.bucket.map(|_| false);
            }
            self.touch(Key::Bucket, by);
        }
    }

    /// `stamp.lua`: reads the stamp or makes it, and reads it again.
    pub(super) fn make_stamp(&mut self, p: usize) {
        self.count_writes(p, &[Key::Stamp]);
        if !std::mem::replace(&mut self.state.redis.stamp, true) {
            self.touch(Key::Stamp, Some(p));
        }
        self.track(p, &[Key::Stamp]);
    }

    pub(super) fn make_bucket(&mut self, p: usize) {
        self.count_writes(p, &[Key::Bucket]);
        if !std::mem::replace(&mut self.state.redis.bucket, true) {
            self.touch(Key::Bucket, Some(p));
        }
        self.track(p, &[Key::Bucket]);
    }

    pub(super) fn evict(&mut self, key: Key) -> bool {
        let redis = self.state.redis;
        match key {
            Key::Entry if redis.entry.is_some() => self.delete_entry(None),
            Key::Lease if redis.lease != Lease::None => self.delete_lease(None),
            Key::Stamp if self.bounds.tagged && redis.stamp => self.delete_stamp(None),
            Key::Bucket if self.bounds.tags_from && redis.bucket => self.delete_bucket(None),
            _ => return false,
        }
        true
    }

    /// Writes the entry, and reads it so that the writer is told of its change.
    pub(super) fn store(&mut self, frame: Frame, by: Option<usize>) {
        self.another_entry();
        self.state.redis.entry = Some(frame);
        self.touch(Key::Entry, by);
        if let Some(p) = by
            && self.without != Without::ReadAfterFill
        {
            self.track(p, &[Key::Entry]);
        }
    }
}
