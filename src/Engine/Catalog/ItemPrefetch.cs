using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Recs.Engine.Catalog;

/// <summary>
/// Asks for the cache lines of items that a loop comes to soon. Items lie all over the memory of a large catalogue, and
/// each is three steps from its number: slot, object, codes. Hints alone: no result depends on them, and a stale address
/// does no harm.
/// </summary>
internal static unsafe class ItemPrefetch
{
    /// <summary>Items between a step's hint and its use.</summary>
    public const int Step = 4;

    /// <summary>Hints for what comes after <paramref name="at"/>; call it once an item, in order.</summary>
    public static void Ahead(ItemCatalog catalog, ReadOnlySpan<int> items, int at)
    {
        if (!Sse.IsSupported)
            return;
        if (at + 3 * Step < items.Length)
            catalog.PrefetchSlot(items[at + 3 * Step]);
        if (at + 2 * Step < items.Length && catalog.Get(items[at + 2 * Step]) is { } soon)
            Object(soon);
        if (at + Step < items.Length && catalog.Get(items[at + Step]) is { } next)
        {
            Object(next.CategoryCodes);
            Object(next.TagCodes);
        }
    }

    public static void Lines(ReadOnlySpan<float> values)
    {
        const int FloatsPerLine = 16;
        if (!Sse.IsSupported)
            return;
        for (var at = 0; at < values.Length; at += FloatsPerLine)
            Element(in values[at]);
    }

    public static void Element<T>(ref readonly T element)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.AsRef(in element)));
    }

    // The address an object has at this moment; its first line holds the fields of a small one.
    private static void Object(object item) => Sse.Prefetch0(*(void**)Unsafe.AsPointer(ref item));
}
