using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Recs.Engine.Catalog;

/// <summary>
/// Asks for cache lines that a loop over items comes to soon: they lie all over the memory of a large catalogue, and
/// waiting for each would take longer than all there is to work out. Hints alone: no result depends on them.
/// </summary>
internal static unsafe class MemoryHint
{
    /// <summary>Items between a hint and the use of what it asked for.</summary>
    public const int Ahead = 4;

    /// <summary>The lines of a vector.</summary>
    public static void Lines(ReadOnlySpan<float> values)
    {
        const int FloatsPerLine = 16;
        for (var at = 0; at < values.Length; at += FloatsPerLine)
            Soon(in values[at]);
    }

    /// <summary>The first two lines: those after them the processor fetches of itself.</summary>
    public static void FirstLines<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        if (!values.IsEmpty)
            Soon(in values[0]);
        if (64 / sizeof(T) is var second && second < values.Length)
            Soon(in values[second]);
    }

    /// <summary>
    /// The lines of an element of up to 64 bytes, which may lie over two. By address: to name one of its fields would read
    /// the element, to see that it is there.
    /// </summary>
    public static void WholeOf<T>(ref readonly T element)
        where T : unmanaged
    {
        if (!Sse.IsSupported)
            return;
        var address = (byte*)Unsafe.AsPointer(ref Unsafe.AsRef(in element));
        Sse.Prefetch0(address);
        Sse.Prefetch0(address + sizeof(T) - 1);
    }

    /// <summary>The line that an element begins in.</summary>
    public static void Soon<T>(ref readonly T element)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.AsRef(in element)));
    }
}
