//! Memory in lines of the processor's cache: what is loaded in tiles and whole registers begins at their start.
//!
//! A tile is loaded line by line; one that lies across two lines takes twice as long.
#![allow(unsafe_code, reason = "the same memory under another name, and a hint about an address")]

use half::bf16;

/// A line of bf16 values.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Line(pub(super) [bf16; 32]);

/// A line of f32 values.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct WideLine(pub(super) [f32; 16]);

impl Line {
    pub(super) const ZERO: Self = Self([bf16::ZERO; 32]);
}

/// No lines, and memory for so many, in large pages where the system has them for this.
pub(crate) fn room_for<L>(count: usize) -> Vec<L> {
    let lines = Vec::with_capacity(count);
    #[cfg(all(target_os = "linux", not(miri)))]
    {
        const PAGE: usize = 4096;
        let start = (lines.as_ptr() as usize).next_multiple_of(PAGE);
        let end = (lines.as_ptr() as usize + count * size_of::<L>()) / PAGE * PAGE;
        if start < end {
            // SAFETY: whole pages inside memory that the vector holds; the advice changes no byte of it. Whether
            // it is taken is the system's affair.
            unsafe { libc::madvise(start as *mut libc::c_void, end - start, libc::MADV_HUGEPAGE) };
        }
    }
    lines
}

/// Says that the line will be read soon.
pub(crate) fn prefetch<L>(line: &L) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: a hint about an address, here even a valid one, that changes nothing but the caches.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T1 }>((&raw const *line).cast());
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = line;
}

impl WideLine {
    pub(super) const ZERO: Self = Self([0.0; 16]);

    /// The values of lines, one after the other.
    pub(super) fn values(lines: &[Self]) -> &[f32] {
        // SAFETY: a line is 16 values and nothing else (its size is its alignment), so that the lines are
        // `16 · len` values in one piece, borrowed as long as the lines are.
        unsafe { std::slice::from_raw_parts(lines.as_ptr().cast(), lines.len() * 16) }
    }

    /// As [`Self::values`], to be changed.
    pub(super) fn values_mut(lines: &mut [Self]) -> &mut [f32] {
        // SAFETY: as above; every pattern of bits is a value, and the lines are borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), lines.len() * 16) }
    }
}
