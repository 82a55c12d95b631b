namespace Recs.Engine.Retrieval;

/// <summary>Working memory of the sources, one per thread: a source runs to its end on one thread.</summary>
internal sealed class SourceScratch
{
    [ThreadStatic]
    private static SourceScratch? _current;

    private SourceScratch() { }

    public static SourceScratch Current => _current ??= new SourceScratch();

    public TopSelector Top { get; } = new();

    /// <summary>For a selection within a selection.</summary>
    public TopSelector Inner { get; } = new();

    public IntMap Items { get; } = new();

    public TasteMatch Taste { get; } = new();

    public ItemMask Mask { get; } = new();

    /// <summary>By position in <see cref="Items"/>; grown by <see cref="ReserveSums"/>.</summary>
    public float[] Sums { get; private set; } = new float[4096];

    /// <summary>Largest single term of each sum.</summary>
    public float[] Largest { get; private set; } = new float[4096];

    /// <summary>Where that term came from.</summary>
    public int[] Because { get; private set; } = new int[4096];

    public ScoredItem[] Hits { get; private set; } = new ScoredItem[256];

    /// <summary>A vector to search with.</summary>
    public float[] Vector { get; private set; } = [];

    public void ReserveVector(int dimension)
    {
        if (Vector.Length < dimension)
            Vector = new float[dimension];
    }

    public void ReserveHits(int count)
    {
        if (Hits.Length < count)
            Hits = new ScoredItem[count * 2];
    }

    /// <summary>Makes room for sums up to a position, keeping those there are.</summary>
    public void ReserveSums(int count)
    {
        if (Sums.Length >= count)
            return;
        (var sums, var largest, var because) = (Sums, Largest, Because);
        Array.Resize(ref sums, count * 2);
        Array.Resize(ref largest, count * 2);
        Array.Resize(ref because, count * 2);
        (Sums, Largest, Because) = (sums, largest, because);
    }
}
