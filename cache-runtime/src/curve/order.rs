//! What was read last, in order, each with its bytes: a Fenwick tree over the moments of reads.

/// The moments of reads, in the order of time. A key has one: that of its last read.
#[derive(Debug)]
pub(super) struct Order {
    /// Sums of bytes, as a Fenwick tree has them; the first place is no moment.
    sums: Vec<u64>,
    /// The next moment.
    next: usize,
    total: u64,
}

impl Order {
    /// Room for so many moments before they have to be numbered anew.
    pub(super) fn new(moments: usize) -> Self {
        Self {
            sums: vec![0; moments + 1],
            next: 1,
            total: 0,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.next == self.sums.len()
    }

    /// A read of so many bytes, now.
    pub(super) fn push(&mut self, bytes: u64) -> usize {
        let moment = self.next;
        self.next += 1;
        self.add(moment, bytes);
        moment
    }

    /// The read at this moment had so many bytes, and has others.
    pub(super) fn change(&mut self, moment: usize, before: u64, after: u64) {
        // Sums wrap, and come back.
        self.add(moment, after.wrapping_sub(before));
    }

    /// The bytes of all that was read after this moment.
    pub(super) fn since(&self, moment: usize) -> u64 {
        let (mut before, mut at) = (0_u64, moment);
        while at > 0 {
            before = before.wrapping_add(self.sums[at]);
            at &= at - 1;
        }
        self.total.wrapping_sub(before)
    }

    fn add(&mut self, moment: usize, bytes: u64) {
        self.total = self.total.wrapping_add(bytes);
        let mut at = moment;
        while let Some(sum) = self.sums.get_mut(at) {
            *sum = sum.wrapping_add(bytes);
            at += at & at.wrapping_neg();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_tells_the_bytes_of_what_came_later() {
        let mut order = Order::new(10);
        let moments = [5, 7, 11].map(|bytes| order.push(bytes));
        assert_eq!(moments.map(|moment| order.since(moment)), [18, 11, 0]);
        order.change(moments[1], 7, 0);
        order.change(moments[2], 11, 20);
        assert_eq!(moments.map(|moment| order.since(moment)), [20, 20, 0]);
        for _ in 0..7 {
            assert!(!order.is_full());
            order.push(1);
        }
        assert!(order.is_full());
        assert_eq!(order.since(moments[0]), 27);
    }
}
