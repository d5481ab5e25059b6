//! The same roots and proofs as another implementation of RFC 6962, on many random logs.

use audit::Log;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sha2::Sha256;

/// `NORTHSTAR_AUDIT_LOGS` sets how many; CI looks at fewer than a night may.
#[expect(clippy::disallowed_methods, reason = "how long to look is for who runs it to say")]
fn logs() -> u64 {
    std::env::var("NORTHSTAR_AUDIT_LOGS").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000)
}

#[test]
fn roots_and_proofs_are_those_of_another_implementation() {
    let mut random = StdRng::seed_from_u64(6_962);
    for _ in 0..logs() {
        let size = random.random_range(1..40_u64);
        let (mut log, mut other) = (Log::new(), MemoryBackedTree::<Sha256, Vec<u8>>::new());
        let old = random.random_range(1..=size);
        for _ in 0..size {
            let record: Vec<u8> = (0..random.random_range(0..40)).map(|_| random.random()).collect();
            log.append(record.clone()).unwrap();
            other.push(record);
        }
        assert_eq!(log.root(size).unwrap().0, *other.root().as_bytes().as_slice(), "{size}");
        let flat = |hashes: Vec<tlog_tiles::Hash>| hashes.into_iter().flat_map(|hash| hash.0).collect::<Vec<_>>();
        let seq = random.random_range(0..size);
        assert_eq!(flat(log.prove_inclusion(seq, size).unwrap()), other.prove_inclusion(seq as usize).as_bytes());
        if old < size {
            let proof = other.prove_consistency((size - old) as usize);
            assert_eq!(flat(log.prove_consistency(old, size).unwrap()), proof.as_bytes(), "{old} {size}");
        }
    }
}
