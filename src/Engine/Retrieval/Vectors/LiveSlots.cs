namespace Recs.Engine.Retrieval.Vectors;

/// <summary>Which slots of a segment have not been removed. Immutable: a removal gives a new one that shares all but one page.</summary>
internal sealed class LiveSlots
{
    private const int PageBlocks = 2048;

    private readonly ushort[]?[] _pages;

    private LiveSlots(ushort[]?[] pages, int removed) => (_pages, Removed) = (pages, removed);

    public int Removed { get; }

    public bool AnyRemoved => Removed > 0;

    /// <summary>The 16 slots of a block, a bit each.</summary>
    public ushort this[int block] => _pages[block / PageBlocks] is { } page ? page[block % PageBlocks] : ushort.MaxValue;

    public static LiveSlots All(int blocks) => new(new ushort[]?[(blocks + PageBlocks - 1) / PageBlocks], 0);

    public bool Has(int slot) => (this[slot / 16] >> slot % 16 & 1) != 0;

    /// <param name="slot">A live slot.</param>
    public LiveSlots Without(int slot)
    {
        var block = slot / 16;
        var pages = (ushort[]?[])_pages.Clone();
        ushort[] page;
        if (pages[block / PageBlocks] is { } old)
            page = (ushort[])old.Clone();
        else
            Array.Fill(page = new ushort[PageBlocks], ushort.MaxValue);
        page[block % PageBlocks] &= (ushort)~(1 << slot % 16);
        pages[block / PageBlocks] = page;
        return new LiveSlots(pages, Removed + 1);
    }
}
