namespace Recs.Grains.Retrieval;

/// <summary>
/// The vectors of one shard under one model, with their index. Immutable; searches may run side by side.
/// </summary>
internal sealed class ShardPartition
{
    private readonly ItemCatalog _catalog;
    private readonly IVectorIndex? _index;
    private readonly Eligibility _eligibility;

    private ShardPartition(string version, ItemCatalog catalog, ItemFactors rows)
    {
        Version = version;
        _catalog = catalog;
        _eligibility = new Eligibility(catalog);
        Vectors = rows.Rows;
        Bytes = 5L * rows.Rows * rows.Rank;
        _index = rows.Rows == 0 ? null : new FactorIndex(rows);
    }

    public string Version { get; }

    public int Vectors { get; }

    /// <summary>Of vectors and their compressed copies.</summary>
    public long Bytes { get; }

    /// <summary>Takes the rows of a model whose items belong to the shard.</summary>
    public static ShardPartition Of(RecommenderModel model, ItemCatalog catalog, int shard, int shards)
    {
        var all = model.Factors;
        var rows = new List<int>();
        for (var row = 0; row < all.Rows; row++)
        {
            if (StableHash.Bucket(catalog.IdOf(all.ItemOfRow[row]), shards) == shard)
                rows.Add(row);
        }

        var values = new float[rows.Count * all.Rank];
        var rowOfItem = new int[all.RowOfItem.Length];
        Array.Fill(rowOfItem, -1);
        for (var i = 0; i < rows.Count; i++)
        {
            all.Row(rows[i]).CopyTo(values.AsSpan(i * all.Rank));
            rowOfItem[all.ItemOfRow[rows[i]]] = i;
        }

        return new ShardPartition(model.Version, catalog, new ItemFactors
        {
            Rank = all.Rank,
            ItemOfRow = [.. rows.Select(row => all.ItemOfRow[row])],
            RowOfItem = rowOfItem,
            Values = values,
            Gramian = all.Gramian,
            Alpha = all.Alpha,
            UnobservedWeight = all.UnobservedWeight,
            Lambda = all.Lambda,
            RegularizationExponent = all.RegularizationExponent,
        });
    }

    /// <summary>The best available items that pass.</summary>
    /// <exception cref="RecommenderException">The filter does not parse, or the vector has another length.</exception>
    public ShardAnswer Search(ShardQuery query)
    {
        if (_index is null)
            return new ShardAnswer { Ready = true };
        if (query.Vector.Length != _index.Dimension)
            throw RecommenderException.Invalid("vector", query.Vector.Length, $"{_index.Dimension} numbers");
        var mask = _eligibility.For(query.Filter is null ? null : ItemFilter.Parse(query.Filter), query.Without);
        var results = new ScoredItem[Math.Clamp(query.Limit, 1, 2_000)];
        var found = _index.Search(query.Vector, (VectorMetric)query.Metric, mask, results);
        _eligibility.Return(mask);
        var ids = new List<string>(found);
        var scores = new List<float>(found);
        foreach (var hit in results.AsSpan(0, found))
        {
            if (!float.IsFinite(hit.Score))
                continue;
            ids.Add(_catalog.IdOf(hit.Item));
            scores.Add(hit.Score);
        }

        return new ShardAnswer { Ready = true, ItemIds = [.. ids], Scores = [.. scores] };
    }
}
