//! Products of bf16 blocks by the tile registers of AMX, in the assembly that stable Rust has for them.
//!
//! Not here: whether they are the best choice (`choice`), how matrices are packed into blocks (`blocks`), products of
//! whole numbers (`int8`), which ask for the tiles here.
//! Invariants: an [`Amx`] exists only where processor and system both give the tiles, so whoever holds one may use
//! them; the tiles' state is set up for a product and given back after it, so that nothing else meets it.
#![allow(unsafe_code, reason = "the instructions have no safe door")]

use std::arch::asm;
use std::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
use std::marker::PhantomData;

use half::bf16;

use super::blocks::{Block, BlockOut, DEPTH};
use super::lines::Line;

/// Leave to use the tiles.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Amx(());

/// The tiles, set up on this thread.
pub(crate) struct Tiles {
    /// They are registers of this thread.
    _of_this_thread: PhantomData<*const ()>,
}

/// What `ldtilecfg` reads: palette 1 with eight tiles of 16 rows of 64 bytes.
#[repr(C, align(64))]
struct Configuration {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    bytes_a_row: [u16; 16],
    rows: [u8; 16],
}

static CONFIGURATION: Configuration = Configuration {
    palette: 1,
    start_row: 0,
    reserved: [0; 14],
    bytes_a_row: [64, 64, 64, 64, 64, 64, 64, 64, 0, 0, 0, 0, 0, 0, 0, 0],
    rows: [16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0],
};

impl Amx {
    /// Asks processor and system, in this order, for bf16 tiles.
    ///
    /// # Errors
    /// In words, why there are none.
    pub(super) fn ask() -> Result<Self, String> {
        Self::ask_for(22, "bf16")
    }

    /// As [`Self::ask`] for tiles of numbers of eight bits; what came of the one says nothing of the other.
    pub(super) fn ask_for_int8() -> Result<Self, String> {
        Self::ask_for(25, "int8")
    }

    fn ask_for(bit: u32, numbers: &str) -> Result<Self, String> {
        let (basic, extended) = (__cpuid(1), __cpuid_count(7, 0));
        if extended.edx >> 24 & 1 == 0 || extended.edx >> bit & 1 == 0 {
            return Err(format!("the processor has no AMX for {numbers}"));
        }
        if basic.ecx >> 27 & 1 == 0 {
            return Err("the system does not save the processor's AMX registers".to_owned());
        }
        // SAFETY: bit 27 says that the system has turned XGETBV on.
        let saved = unsafe { saved_registers() };
        if saved >> 17 & 0b11 != 0b11 {
            return Err("the system does not save the processor's AMX registers".to_owned());
        }
        let palette = __cpuid_count(0x1d, 1);
        let (bytes_a_row, tiles) = (palette.ebx & 0xffff, palette.ebx >> 16);
        if bytes_a_row < 64 || tiles < 8 || palette.ecx & 0xffff < 16 {
            return Err("the processor's AMX tiles are smaller than expected".to_owned());
        }
        permitted()?;
        Ok(Self(()))
    }

    /// Sets the tiles up on this thread until the value is dropped.
    pub(super) fn tiles(self) -> Tiles {
        // SAFETY: `self` exists, so the instruction is there and allowed; it reads the 64 bytes of a valid
        // configuration, which lie on a line of their own.
        unsafe {
            asm!("ldtilecfg [{}]", in(reg) &raw const CONFIGURATION, options(nostack, readonly));
        }
        Tiles { _of_this_thread: PhantomData }
    }
}

impl Drop for Tiles {
    fn drop(&mut self) {
        // SAFETY: the tiles were set up on this thread, which this value never leaves.
        unsafe { asm!("tilerelease", options(nostack, nomem)) }
    }
}

impl Tiles {
    /// `out = block` or `out += block`, see [`Block`].
    ///
    /// # Panics
    /// If a slice is too short, which is a fault of the caller.
    pub(super) fn multiply(&self, block: Block<'_, bf16>, out: BlockOut<'_>) {
        block.check(&out);
        let steps = block.depth.div_ceil(DEPTH);
        let out_stride = out.stride * size_of::<f32>();
        let out_pointer = out.values.as_mut_ptr();
        let (left, right) = (block.left.as_ptr(), block.right.as_ptr());
        // SAFETY: the tiles are set up while `self` lives, which also says that the instructions are there and
        // allowed. `check` found that both factors have 32 lines a step, that there is a step, and that 32 rows of 32 values fit
        // `out` at its stride; the loop reads and writes just these: a tile is 16 lines or 16 rows of 64 bytes, the
        // second of a pair lies 1024 bytes behind the first, or in `out` 16 rows below or 64 bytes beside it, and a
        // step goes on by 2048 bytes. `out` is borrowed mutably, so
        // nothing else sees it. Every register that is changed is named.
        unsafe {
            let out_below = out_pointer.add(16 * out.stride);
            asm!(
                "test {adds}, {adds}",
                "jz 3f",
                "tileloadd tmm0, [{out} + {out_stride}*1]",
                "tileloadd tmm1, [{out} + {out_stride}*1 + 64]",
                "tileloadd tmm2, [{out_below} + {out_stride}*1]",
                "tileloadd tmm3, [{out_below} + {out_stride}*1 + 64]",
                "jmp 2f",
                "3:",
                "tilezero tmm0",
                "tilezero tmm1",
                "tilezero tmm2",
                "tilezero tmm3",
                "2:",
                "tileloadd tmm6, [{right} + {line}*1]",
                "tileloadd tmm4, [{left} + {line}*1]",
                "tileloadd tmm7, [{right} + {line}*1 + 1024]",
                "tdpbf16ps tmm0, tmm4, tmm6",
                "tileloadd tmm5, [{left} + {line}*1 + 1024]",
                "tdpbf16ps tmm1, tmm4, tmm7",
                "tdpbf16ps tmm2, tmm5, tmm6",
                "tdpbf16ps tmm3, tmm5, tmm7",
                "add {left}, 2048",
                "add {right}, 2048",
                "dec {steps}",
                "jnz 2b",
                "tilestored [{out} + {out_stride}*1], tmm0",
                "tilestored [{out} + {out_stride}*1 + 64], tmm1",
                "tilestored [{out_below} + {out_stride}*1], tmm2",
                "tilestored [{out_below} + {out_stride}*1 + 64], tmm3",
                left = inout(reg) left => _,
                right = inout(reg) right => _,
                steps = inout(reg) steps => _,
                line = in(reg) size_of::<Line>(),
                out = in(reg) out_pointer,
                out_below = in(reg) out_below,
                out_stride = in(reg) out_stride,
                adds = in(reg) usize::from(out.adds),
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack),
            );
        }
    }
}

/// What the operating system keeps of the registers when it changes threads.
///
/// # Safety
/// The system must have turned XGETBV on.
#[target_feature(enable = "xsave")]
unsafe fn saved_registers() -> u64 {
    // SAFETY: as above.
    unsafe { _xgetbv(0) }
}

/// Asks the system once for the tiles, for all threads of this process; asked again it says the same.
#[cfg(target_os = "linux")]
fn permitted() -> Result<(), String> {
    /// "Documentation/arch/x86/xstate.rst" of Linux: the process asks for a part of the registers by its number.
    const ARCH_REQ_XCOMP_PERM: libc::c_long = 0x1023;
    const TILE_DATA: libc::c_long = 18;
    // SAFETY: this call takes two numbers and touches no memory of the process.
    let answer = unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, TILE_DATA) };
    if answer == 0 {
        return Ok(());
    }
    Err(format!("the system refuses the AMX registers ({})", std::io::Error::last_os_error()))
}

#[cfg(not(target_os = "linux"))]
fn permitted() -> Result<(), String> {
    Err("AMX is used on Linux only".to_owned())
}
