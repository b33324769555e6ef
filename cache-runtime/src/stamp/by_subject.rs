//! A map by subject: mostly of two or three, sometimes of a thousand.

use std::collections::HashMap;

use foldhash::quality::RandomState;
use smallvec::SmallVec;

use super::Subject;

/// Up to this many subjects are looked through; past them there is an index.
const FEW: usize = 16;

/// What is said of each of some subjects.
#[derive(Clone, Debug)]
pub(crate) struct BySubject<V> {
    all: SmallVec<[(Subject, V); 1]>,
    /// Where each stands, once they are many.
    #[expect(
        clippy::box_collection,
        reason = "most have none, and are held by a future"
    )]
    index: Option<Box<HashMap<Subject, usize, RandomState>>>,
}

impl<V> Default for BySubject<V> {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

impl<V> BySubject<V> {
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self {
            all: SmallVec::with_capacity(count),
            index: None,
        }
    }

    pub(crate) fn get(&self, subject: &Subject) -> Option<&V> {
        let place = match &self.index {
            Some(index) => index.get(subject).copied(),
            None => self.all.iter().position(|(known, _)| known == subject),
        };
        place.map(|place| &self.all[place].1)
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Each subject in the order in which it was first named.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Subject, V)> {
        self.all.iter()
    }

    pub(crate) fn contains(&self, subject: &Subject) -> bool {
        self.get(subject).is_some()
    }

    /// Says this of a subject from now on.
    pub(crate) fn insert(&mut self, subject: Subject, value: V) {
        let place = match &self.index {
            Some(index) => index.get(&subject).copied(),
            None => self.all.iter().position(|(known, _)| *known == subject),
        };
        if let Some(place) = place {
            self.all[place].1 = value;
            return;
        }
        if let Some(index) = &mut self.index {
            index.insert(subject.clone(), self.all.len());
        }
        self.all.push((subject, value));
        if self.index.is_none() && self.all.len() > FEW {
            let places = self.all.iter().enumerate();
            let places = places.map(|(place, (subject, _))| (subject.clone(), place));
            self.index = Some(Box::new(places.collect()));
        }
    }
}

impl<V> Extend<(Subject, V)> for BySubject<V> {
    fn extend<I: IntoIterator<Item = (Subject, V)>>(&mut self, more: I) {
        for (subject, value) in more {
            self.insert(subject, value);
        }
    }
}

impl<V> FromIterator<(Subject, V)> for BySubject<V> {
    fn from_iter<I: IntoIterator<Item = (Subject, V)>>(all: I) -> Self {
        let all = all.into_iter();
        let mut map = Self::with_capacity(all.size_hint().0);
        map.extend(all);
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_are_found_and_the_last_that_is_said_counts() {
        let tag = |i: usize| Subject::Tag(i.to_string().into());
        for count in [1, FEW, FEW + 1, 1_000] {
            let mut map: BySubject<_> = (0..count).map(|i| (tag(i), i)).collect();
            map.insert(tag(0), 7);
            assert_eq!(map.get(&tag(0)), Some(&7));
            assert!((1..count).all(|i| map.get(&tag(i)) == Some(&i)));
            assert!(!map.contains(&tag(count)));
        }
    }
}
