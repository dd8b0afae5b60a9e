//! What products are computed by: chosen once for each process, from what the processor has and the system gives.
//!
//! Here is all unsafe code of the workspace, behind doors that are safe: matrices are slices with checked
//! dimensions, and who may use an instruction holds a value that only detection gives.
//! Not here: what is multiplied (`packed`), and arithmetic element by element (`vectors`).

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod blocked;
mod blocks;
mod choice;
mod int8;
mod limit;
mod lines;
mod matrices;
mod narrow;
mod panels;
mod peak;
mod portable;
#[cfg(test)]
mod tests;
mod value;
mod wide;

pub(crate) use blocked::{BlockProducts, Written};
pub(crate) use blocks::Blocked;
pub(crate) use choice::Kernels;
pub use choice::{Choice, chosen};
pub use int8::{Int8Choice, Int8Instructions, chosen_for_int8};
pub(crate) use int8::{Int8Kernel, Int8Panels, Int8Products, Int8Rows};
pub(crate) use limit::registers;
pub use limit::{Kernel, limit_kernel};
pub(crate) use lines::{prefetch, room_for};
pub(crate) use matrices::{Matrix, MatrixMut, Previous};
pub(crate) use narrow::Bf16Kernel;
pub(crate) use panels::{PanelRows, Panels};
pub use peak::PeakProduct;
pub(crate) use value::Value;
#[cfg(test)]
pub(crate) use wide::F32Kernel;
