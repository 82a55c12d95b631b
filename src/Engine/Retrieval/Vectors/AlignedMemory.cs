using System.Runtime.InteropServices;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>
/// Memory outside the collected heap, from a cache line on (from a 2 MiB page on, where large), zeroed. It is freed when
/// nobody refers to the object: who reads through <see cref="Pointer"/> keeps the object alive.
/// </summary>
internal sealed unsafe class AlignedMemory
{
    private const nuint CacheLine = 64, HugePage = 2 << 20;

    private const int AdviseHugePage = 14;

    private readonly object? _owner;

    /// <summary>Memory of another owner, who is kept alive: a mapped file.</summary>
    public AlignedMemory(byte* pointer, long bytes, object owner)
    {
        Pointer = pointer;
        Bytes = bytes;
        _owner = owner;
        GC.SuppressFinalize(this);
    }

    public AlignedMemory(long bytes)
    {
        Bytes = bytes;
        var huge = (nuint)bytes >= 2 * HugePage;
        var length = Math.Max(CacheLine, (nuint)bytes);
        if (huge)
            length = (length + HugePage - 1) & ~(HugePage - 1);
        Pointer = (byte*)NativeMemory.AlignedAlloc(length, huge ? HugePage : CacheLine);
        // Rows are read at random: with 4 KiB pages each costs a walk of the page table first. Advice may be declined.
        if (huge && OperatingSystem.IsLinux())
            _ = MemoryAdvise(Pointer, length, AdviseHugePage);
        NativeMemory.Clear(Pointer, length);
        GC.AddMemoryPressure(Math.Max(1, bytes));
    }

    ~AlignedMemory()
    {
        if (_owner is not null)
            return;
        NativeMemory.AlignedFree(Pointer);
        GC.RemoveMemoryPressure(Math.Max(1, Bytes));
    }

    public byte* Pointer { get; }

    public long Bytes { get; }

    public Span<byte> Span => new(Pointer, checked((int)Bytes));

    public float* Floats => (float*)Pointer;

    public int* Ints => (int*)Pointer;

    public static AlignedMemory OfFloats(long count) => new(count * sizeof(float));

    public static AlignedMemory OfInts(long count) => new(count * sizeof(int));

    [DllImport("libc", EntryPoint = "madvise", ExactSpelling = true)]
    private static extern int MemoryAdvise(void* address, nuint length, int advice);
}
