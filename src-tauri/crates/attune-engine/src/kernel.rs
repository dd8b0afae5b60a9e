//! The best kernel that computations may use, where the environment says so.
//!
//! Not here: which kernels there are and which of them is chosen (`attune_tuning`).
//! Invariant: a name that is not known limits nothing and keeps nobody from starting; it is told where other variables
//! that cannot be used are.

use attune_tuning::Kernel;

use crate::Environment;
use crate::environment::KERNEL;

/// Limits this process to the kernel that `ATTUNE_KERNEL` names, if it does. To be called before anything is computed.
pub fn limit_kernel(environment: &Environment) {
    match limit_of(environment) {
        Ok(Some(kernel)) => limit_to(kernel),
        Ok(None) => {}
        Err(problem) => tracing::warn!("{problem}"),
    }
}

pub(crate) fn limit_to(kernel: Kernel) {
    if let Err(error) = attune_tuning::limit_kernel(kernel) {
        tracing::warn!(%error, "the kernel {kernel} is asked for and is not the limit");
    }
}

/// The kernel that the environment names, or why it names none.
pub(crate) fn limit_of(environment: &Environment) -> Result<Option<Kernel>, String> {
    let Some(variable) = environment.get(KERNEL) else { return Ok(None) };
    let name = variable.value.to_string_lossy();
    Kernel::by_name(name.trim()).map(Some).ok_or_else(|| {
        let names = Kernel::ALL.map(Kernel::name).join(", ");
        format!("{KERNEL} is {name:?}, which is no kernel and limits nothing; it takes {names}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_is_taken_by_its_name_and_another_word_is_told_with_those_there_are() {
        assert_eq!(limit_of(&Environment::default()), Ok(None));
        assert_eq!(limit_of(&Environment::with(KERNEL, " avx2 ")), Ok(Some(Kernel::Avx2)));
        let problem = limit_of(&Environment::with(KERNEL, "fast")).unwrap_err();
        assert!(
            problem.contains("ATTUNE_KERNEL") && problem.contains("fast") && problem.contains("amx-bf16")
        );
    }
}
