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
mod lines;
mod panels;
mod portable;
mod products;
mod value;

pub(crate) use blocked::{BlockProducts, Written};
pub(crate) use blocks::BlockKernel;
pub(crate) use choice::chosen_for_f32;
pub use choice::{Choice, Kernel, chosen, chosen_for_int8};
pub use int8::Int8Instructions;
pub(crate) use int8::{Int8Kernel, Int8Panels, Int8Products, Int8Rows};
pub(crate) use panels::{PanelRows, Panels};
pub(crate) use products::{Matrix, MatrixMut, Previous, multiply};
pub(crate) use value::Value;
