//! Which kernel computes on this machine, and why.
//!
//! A virtual machine may name instructions that its host does not let it use, and a system may keep registers back.
//! So each kernel is asked for at the processor and at the system, and must then compute some products right;
//! the next best takes its place otherwise.

use std::fmt;
use std::sync::OnceLock;

use half::bf16;

use super::blocked::{BlockProducts, Written};
use super::blocks::BlockKernel;
#[cfg(target_arch = "x86_64")]
use super::int8::{AmxInt8, Avx2, Vnni};
use super::int8::{Int8Instructions, Int8Kernel, Int8Panels, Int8Products, Int8Rows};
use super::panels::Panels;
use super::products::{Matrix, MatrixMut, Previous};
use super::value::Value;
#[cfg(target_arch = "x86_64")]
use super::{amx::Amx, avx512::Avx512};

/// A way to compute products, from the one that every machine has to the fastest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kernel {
    /// Whatever the compiler makes of plain code.
    Portable,
    /// f32 in registers of 256 bits.
    Avx2,
    /// f32 in registers of 512 bits.
    Avx512,
    /// bf16 in registers of 512 bits.
    Avx512Bf16,
    /// bf16 in tiles.
    AmxBf16,
}

impl Kernel {
    /// Whether it makes bf16 faster than f32.
    pub fn has_bf16(self) -> bool {
        self >= Self::Avx512Bf16
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Portable => "portable",
            Self::Avx2 => "AVX2",
            Self::Avx512 => "AVX-512",
            Self::Avx512Bf16 => "AVX-512 BF16",
            Self::AmxBf16 => "AMX BF16",
        })
    }
}

/// The best kernel of this machine, of those for one kind of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice<K = Kernel> {
    /// What is used.
    pub kernel: K,
    /// Why this one and, where there are better ones, why not those: for people to read.
    pub why: String,
}

/// The kernel of this process. It is looked for once, and does not change.
pub fn chosen() -> &'static Choice {
    &detected().choice
}

/// The kernel of this process for products of whole numbers of eight bits. It is looked for once, and does not change.
pub fn chosen_for_int8() -> &'static Choice<Int8Instructions> {
    &detected_int8().0
}

/// What multiplies in f32 in this process.
pub(crate) fn chosen_for_f32() -> Kernel {
    f32_kernel()
}

#[derive(Debug)]
struct Detected {
    choice: Choice,
    blocks: BlockKernel,
}

fn detected() -> &'static Detected {
    static DETECTED: OnceLock<Detected> = OnceLock::new();
    DETECTED.get_or_init(detect)
}

impl BlockKernel {
    /// The fastest for bf16 on this machine.
    pub(crate) fn best() -> Self {
        detected().blocks
    }

    /// All that this machine has, the best first.
    #[cfg(test)]
    pub(crate) fn all() -> Vec<Self> {
        let mut all: Vec<Self> = bf16_kernels().into_iter().filter_map(|(_, asked)| asked.ok()).collect();
        all.push(Self::Portable);
        all
    }
}

/// The kernels that make bf16 fast, the best first, or why there is none.
#[cfg(target_arch = "x86_64")]
fn bf16_kernels() -> [(Kernel, Result<BlockKernel, String>); 2] {
    let amx = Avx512::ask().and_then(|avx512| Ok(BlockKernel::Amx(Amx::ask()?, avx512)));
    let avx512 = Avx512::ask().map(BlockKernel::Avx512);
    [(Kernel::AmxBf16, amx), (Kernel::Avx512Bf16, avx512)]
}

#[cfg(not(target_arch = "x86_64"))]
fn bf16_kernels() -> [(Kernel, Result<BlockKernel, String>); 0] {
    []
}

fn detect() -> Detected {
    match best_of(bf16_kernels(), |blocks| computes_right(*blocks)) {
        Ok((kernel, blocks, why)) => Detected { choice: Choice { kernel, why }, blocks },
        Err(why) => Detected { choice: Choice { kernel: f32_kernel(), why }, blocks: BlockKernel::Portable },
    }
}

fn detected_int8() -> &'static (Choice<Int8Instructions>, Int8Kernel) {
    static DETECTED: OnceLock<(Choice<Int8Instructions>, Int8Kernel)> = OnceLock::new();
    DETECTED.get_or_init(|| match best_of(int8_kernels(), |kernel| sums_up_right(*kernel)) {
        Ok((instructions, kernel, why)) => (Choice { kernel: instructions, why }, kernel),
        Err(why) => (Choice { kernel: Int8Instructions::Portable, why }, Int8Kernel::Portable),
    })
}

impl Int8Kernel {
    /// The fastest on this machine.
    pub(crate) fn best() -> Self {
        detected_int8().1
    }

    /// All that this machine has, the best first.
    #[cfg(test)]
    pub(crate) fn all() -> Vec<Self> {
        let mut all: Vec<Self> = int8_kernels().into_iter().filter_map(|(_, asked)| asked.ok()).collect();
        all.push(Self::Portable);
        all
    }
}

/// The kernels that make int8 fast, the best first, or why there is none.
#[cfg(target_arch = "x86_64")]
fn int8_kernels() -> [(Int8Instructions, Result<Int8Kernel, String>); 3] {
    let amx = Vnni::ask().and_then(|vnni| Ok(Int8Kernel::Amx(AmxInt8::ask()?, vnni)));
    [
        (Int8Instructions::AmxInt8, amx),
        (Int8Instructions::Avx512Vnni, Vnni::ask().map(Int8Kernel::Vnni)),
        (Int8Instructions::Avx2, Avx2::ask().map(Int8Kernel::Avx2)),
    ]
}

#[cfg(not(target_arch = "x86_64"))]
fn int8_kernels() -> [(Int8Instructions, Result<Int8Kernel, String>); 0] {
    []
}

/// The first of these kernels that is there and computes right, by its name and with the reason; else why there is
/// none.
fn best_of<K: fmt::Display, T>(
    kernels: impl IntoIterator<Item = (K, Result<T, String>)>,
    is_right: impl Fn(&T) -> bool,
) -> Result<(K, T, String), String> {
    let mut without: Vec<String> = Vec::new();
    for (kernel, asked) in kernels {
        match asked {
            Ok(found) if is_right(&found) => {
                let mut why = "its test products are right".to_owned();
                if !without.is_empty() {
                    why = format!("{why}; nothing faster, as {}", without.join(" and "));
                }
                return Ok((kernel, found, why));
            }
            Ok(_) => without.push(format!("the test products of {kernel} are wrong")),
            Err(reason) if without.contains(&reason) => {}
            Err(reason) => without.push(reason),
        }
    }
    Err(match without.is_empty() {
        true => "there is nothing faster for this kind of processor".to_owned(),
        false => format!("nothing faster, as {}", without.join(" and ")),
    })
}

/// What the gemm crate takes for f32: it asks the same.
#[cfg(target_arch = "x86_64")]
fn f32_kernel() -> Kernel {
    if is_x86_feature_detected!("avx512f") {
        Kernel::Avx512
    } else if is_x86_feature_detected!("fma") {
        Kernel::Avx2
    } else {
        Kernel::Portable
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn f32_kernel() -> Kernel {
    Kernel::Portable
}

/// Whether small whole numbers, whose sums bf16 and f32 hold exactly, come out as in whole-number arithmetic: in both
/// directions of a frozen weight and with both layouts of a factor that is packed on the way.
fn computes_right(kernel: BlockKernel) -> bool {
    const ROWS: usize = 70;
    const DEPTH: usize = 300;
    const COLUMNS: usize = 70;
    let numbers = |count: usize, step: usize| -> Vec<i32> {
        (0..count).map(|place| (place * step % 17) as i32 - 8).collect()
    };
    let (left, right) = (numbers(ROWS * DEPTH, 7), numbers(COLUMNS * DEPTH, 5));
    let narrowed = |numbers: &[i32]| -> Vec<bf16> {
        numbers.iter().map(|number| <bf16 as Value>::narrow(*number as f32)).collect()
    };
    let turned: Vec<i32> =
        (0..DEPTH * COLUMNS).map(|place| right[place % COLUMNS * DEPTH + place / COLUMNS]).collect();
    let left_turned: Vec<i32> =
        (0..DEPTH * ROWS).map(|place| left[place % ROWS * DEPTH + place / ROWS]).collect();
    let [narrow_left, narrow_right, narrow_left_turned, narrow_turned] =
        [&left, &right, &left_turned, &turned].map(|numbers| narrowed(numbers));
    let wide = |numbers: &[i32]| -> Vec<f32> { numbers.iter().map(|number| *number as f32).collect() };
    let expected: Vec<f32> = left
        .chunks_exact(DEPTH)
        .flat_map(|left| {
            let product =
                |right: &[i32]| left.iter().zip(right).map(|(left, right)| left * right).sum::<i32>();
            right.chunks_exact(DEPTH).map(move |right| product(right) as f32)
        })
        .collect();

    let mut products = BlockProducts::new(kernel);
    let mut found = [(); 4].map(|()| vec![0.0; ROWS * COLUMNS]);
    let [first, second, third, fourth] =
        found.each_mut().map(|sums| Written::Wide(MatrixMut::new(sums, COLUMNS), Previous::Replaced));
    let rows = Matrix::new(&narrow_left, DEPTH);
    let mut panels = Panels::default();
    panels.push(kernel, &wide(&right), DEPTH);
    panels.push(kernel, &wide(&turned), COLUMNS);
    products.forward(first, rows, panels.weight(0));
    products.backward(second, rows, panels.weight(1));
    products.multiply(third, rows, Matrix::new(&narrow_right, DEPTH).transposed());
    let rows = Matrix::new(&narrow_left_turned, ROWS).transposed();
    products.multiply(fourth, rows, Matrix::new(&narrow_turned, COLUMNS));
    found.iter().all(|found| *found == expected)
}

/// Whether a kernel for int8 gives the bits that plain code does: for one row, for a few and for many.
fn sums_up_right(kernel: Int8Kernel) -> bool {
    const DEPTH: usize = 300;
    const COLUMNS: usize = 70;
    let numbers = |count: usize, step: usize| -> Vec<f32> {
        (0..count).map(|place| (place * step % 255) as f32 - 127.0).collect()
    };
    let mut panels = Int8Panels::default();
    let number = panels.push(&numbers(DEPTH * COLUMNS, 7), DEPTH);
    let weight = panels.weight(number);
    [1, 3, 12, 70].into_iter().all(|rows| {
        let activations = numbers(rows * DEPTH, 11);
        let [found, expected] = [kernel, Int8Kernel::Portable].map(|kernel| {
            let mut rounded = Int8Rows::new(kernel);
            rounded.round(&activations, DEPTH);
            let mut out = vec![0.0; rows * COLUMNS];
            let into = MatrixMut::new(&mut out, COLUMNS);
            Int8Products::default().forward(into, Previous::Replaced, &rounded, weight);
            out
        });
        found == expected
    })
}

#[cfg(test)]
mod tests {
    use super::{
        BlockKernel, Int8Instructions, Int8Kernel, Kernel, best_of, chosen, chosen_for_int8, computes_right,
        sums_up_right,
    };

    #[test]
    fn every_kernel_of_this_machine_computes_right() {
        for kernel in BlockKernel::all() {
            assert!(computes_right(kernel), "{kernel:?}");
        }
    }

    #[test]
    fn the_choice_is_made_once_and_says_why() {
        let choice = chosen();
        assert!(std::ptr::eq(choice, chosen()));
        assert!(!choice.why.is_empty());
        assert_eq!(choice.kernel.has_bf16(), !matches!(BlockKernel::best(), BlockKernel::Portable));
        assert!(Kernel::AmxBf16 > Kernel::Portable);
    }
    #[test]
    fn every_kernel_for_int8_of_this_machine_computes_right() {
        for kernel in Int8Kernel::all() {
            assert!(sums_up_right(kernel), "{kernel:?}");
        }
        let choice = chosen_for_int8();
        assert!(!choice.why.is_empty());
        assert_eq!(choice.kernel.is_fast(), !matches!(Int8Kernel::best(), Int8Kernel::Portable));
        assert!(Int8Instructions::Avx2.is_fast() && !Int8Instructions::Portable.is_fast());
    }

    #[test]
    fn what_is_missing_or_computes_wrong_is_passed_over_with_its_reason() {
        let missing = || Err("the processor has no AMX for bf16".to_owned());
        let kernels = || [(Kernel::AmxBf16, missing()), (Kernel::Avx512Bf16, Ok(1)), (Kernel::Avx512, Ok(2))];
        let (kernel, found, why) = best_of(kernels(), |number| *number == 2).expect("one is right");
        assert_eq!((kernel, found), (Kernel::Avx512, 2));
        assert_eq!(
            why,
            "its test products are right; nothing faster, as the processor has no AMX for bf16 and the test \
             products of AVX-512 BF16 are wrong"
        );
        let why = best_of(kernels(), |_| false).expect_err("none is right");
        assert!(why.starts_with("nothing faster, as the processor has no AMX for bf16 and"), "{why}");
    }
}
