//! The tests of losses and gradients once more, with each kernel that this machine has and would not choose.
//!
//! Which kernel computes is decided once for a process, so that each has one of its own: this very program, whose
//! fixtures set the limit that they are told.

use std::process::Command;

use attune_tuning::{Kernel, chosen};

use crate::fixtures::TEST_KERNEL;

/// Tests of other modules, by what their names begin with.
const AGAIN: [&str; 5] = [
    "gradient::",
    "loss::",
    "packed::",
    "dropout::loss_and_gradient_are_those_of_peft",
    "bf16::in_bf16_every_shape_has_about_the_loss_and_gradient",
];

#[test]
fn losses_and_gradients_are_the_same_with_every_kernel_up_to_the_best() {
    let better = |kernel: &Kernel| *kernel < chosen().kernel;
    for kernel in Kernel::ALL.into_iter().filter(better) {
        let mut again = Command::new(std::env::current_exe().unwrap());
        let output = again.args(AGAIN).env(TEST_KERNEL, kernel.name()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "limited to {kernel}: {said}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        // What is named above would pass as well if it were not there.
        let passed = said.lines().filter(|line| line.starts_with("test ") && line.ends_with("... ok"));
        let passed: Vec<&str> = passed.collect();
        for name in AGAIN {
            let is_among = passed.iter().any(|line| line.starts_with(&format!("test {name}")));
            assert!(is_among, "limited to {kernel}, no test of {name} ran: {said}");
        }
    }
}
