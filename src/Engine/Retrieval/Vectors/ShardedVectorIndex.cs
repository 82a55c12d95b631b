namespace Recs.Engine.Retrieval.Vectors;

/// <summary>
/// One space over several indexes, searched on as many threads. Items are dealt by number. Each write goes to one part;
/// a search sees each part at one moment. Thread-safe.
/// </summary>
public sealed class ShardedVectorIndex
{
    private readonly VectorIndex[] _parts;

    /// <param name="parts">1 up, of the same space.</param>
    public ShardedVectorIndex(params VectorIndex[] parts)
    {
        if (parts.Length == 0 || parts.Any(p => p.Space != parts[0].Space))
            throw RecommenderException.Invalid("parts", parts.Length, "1 up, all of one space");
        _parts = parts;
    }

    public VectorSpace Space => _parts[0].Space;

    public IReadOnlyList<VectorIndex> Parts => _parts;

    public int Count => _parts.Sum(p => p.Count);

    public static ShardedVectorIndex Build(
        VectorSpace space, int parts, ReadOnlySpan<int> items, ReadOnlySpan<float> vectors, VectorIndexOptions? options = null)
    {
        if (parts is < 1 or > 256)
            throw RecommenderException.Invalid("parts", parts, "1 to 256");
        if (vectors.Length != (long)items.Length * space.Dimension)
            throw RecommenderException.Invalid("vectors", $"{vectors.Length} values", $"{items.Length} x {space.Dimension} values");
        var (numbers, values) = (new List<int>[parts], new List<float>[parts]);
        for (var part = 0; part < parts; part++)
            (numbers[part], values[part]) = ([], []);
        for (var n = 0; n < items.Length; n++)
        {
            var part = PartOf(items[n], parts);
            numbers[part].Add(items[n]);
            values[part].AddRange(vectors.Slice(n * space.Dimension, space.Dimension));
        }
        var built = new VectorIndex[parts];
        for (var part = 0; part < parts; part++)
            built[part] = VectorIndex.Build(space, numbers[part].ToArray(), values[part].ToArray(), options);
        return new ShardedVectorIndex(built);
    }

    public void Upsert(int item, ReadOnlySpan<float> vector) => _parts[PartOf(item, _parts.Length)].Upsert(item, vector);

    public bool Remove(int item) => _parts[PartOf(item, _parts.Length)].Remove(item);

    /// <summary>As <see cref="VectorIndex.Search"/>, over all parts at a time; allocates its partial results.</summary>
    public int Search(
        float[] query, Span<ScoredItem> results, ItemMask? eligible = null, SearchEffort? effort = null,
        CancellationToken cancellationToken = default)
    {
        var (wanted, found) = (results.Length, new int[_parts.Length]);
        var partial = new ScoredItem[wanted * _parts.Length];
        Parallel.For(0, _parts.Length, part => found[part] = _parts[part].Search(
            query, partial.AsSpan(part * wanted, wanted), eligible, effort, cancellationToken));
        var count = found[0];
        for (var part = 1; part < _parts.Length; count += found[part++])
            partial.AsSpan(part * wanted, found[part]).CopyTo(partial.AsSpan(count));
        return VectorShards.Merge(partial.AsSpan(0, count), results);
    }

    private static int PartOf(int item, int parts) => (int)((uint)item * 2654435769u >> 8) % parts;
}
