//! Chance, from the seed and nothing else, so that a simulation can be run again.

/// xoshiro256++ by Blackman and Vigna. Ids made of it need to be unique, not secret.
pub(crate) struct Random {
    state: [u64; 4],
}

impl Random {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        let mut state = [0; 4];
        for (word, bytes) in state.iter_mut().zip(seed.chunks_exact(8)) {
            *word = bytes
                .iter()
                .fold(0, |word, byte| word << 8 | u64::from(*byte));
        }
        if state == [0; 4] {
            // The one state it never leaves.
            state[0] = 1;
        }
        Self { state }
    }

    pub(crate) fn next(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.state;
        let result = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }

    /// `span` shortened by up to half of it, evenly.
    pub(crate) fn half_to_full(&mut self, span: u64) -> u64 {
        let half = span / 2;
        span - self.next() % (half + 1)
    }

    /// A UUID, version 4 (RFC 9562, section 5.4).
    pub(crate) fn uuid(&mut self) -> String {
        let high = self.next() & 0xffff_ffff_ffff_0fff | 0x4000;
        let low = self.next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
        let mut text = String::with_capacity(36);
        for (nibble, word) in [(0, high), (16, low)] {
            for at in 0..16 {
                if matches!(nibble + at, 8 | 12 | 16 | 20) {
                    text.push('-');
                }
                let digit = (word >> (60 - 4 * at)) as u8 & 15;
                text.push(char::from(if digit < 10 {
                    b'0' + digit
                } else {
                    b'a' + digit - 10
                }));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_have_their_form_and_differ() {
        let mut random = Random::new([7; 32]);
        let (one, other) = (random.uuid(), random.uuid());
        assert_ne!(one, other);
        for uuid in [one, other] {
            let parts: Vec<usize> = uuid.split('-').map(str::len).collect();
            assert_eq!(parts, [8, 4, 4, 4, 12]);
            assert_eq!(uuid.as_bytes()[14], b'4');
            assert!(b"89ab".contains(&uuid.as_bytes()[19]));
        }
    }

    #[test]
    fn the_jitter_shortens_by_half_at_most() {
        let mut random = Random::new([1; 32]);
        for _ in 0..1000 {
            let wait = random.half_to_full(100);
            assert!((50..=100).contains(&wait));
        }
        assert_eq!(random.half_to_full(0), 0);
    }
}
