namespace Recs.Engine.Retrieval.Vectors;

/// <summary>Building from vectors that are handed over one by one.</summary>
public sealed partial class VectorIndex
{
    /// <param name="space">Of the vectors, which are checked already.</param>
    /// <param name="items">Item numbers, each once.</param>
    /// <param name="take">An item's vector; asked for once.</param>
    /// <param name="options">Of the index.</param>
    internal static VectorIndex Build(VectorSpace space, int[] items, Func<int, float[]> take, VectorIndexOptions? options = null)
    {
        var index = new VectorIndex(space, options);
        var masters = new MasterVectors(space.Dimension, items.Length);
        var rows = new int[items.Length];
        for (var n = 0; n < items.Length; n++)
            rows[n] = masters.Append(take(items[n]));
        if (items.Length > 0)
            index.Adopt(masters, items, rows);
        return index;
    }
}
