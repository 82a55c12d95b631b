namespace Recs.Engine.Retrieval;

/// <summary>
/// Windowed counts per item, for trending, popularity features and click rates: exponentially decayed sums kept in
/// forward-decayed form, so that reading needs no clock sweep. Aggregates only, no user ids. Thread-safe.
/// </summary>
public sealed class ItemCounters
{
    /// <summary>Counts one accepted event.</summary>
    public void Count(int item, InteractionType type, long atMs) => throw new NotImplementedException();

    /// <summary>Positive events on the item, decayed with the short half-life to <paramref name="nowMs"/>.</summary>
    public double Recent(int item, long nowMs) => throw new NotImplementedException();

    /// <summary>The same with the long half-life.</summary>
    public double Baseline(int item, long nowMs) => throw new NotImplementedException();

    public double Impressions(int item, long nowMs) => throw new NotImplementedException();

    /// <summary>Time of the newest event counted, milliseconds since 1970; 0 before the first.</summary>
    public long NewestMs => throw new NotImplementedException();

    /// <summary>Writes ids and counts, so that a checkpoint can be read by another process.</summary>
    public void Save(Stream stream, ItemCatalog catalog) => throw new NotImplementedException();

    /// <summary>Replaces the counts; throws <see cref="InvalidDataException"/> on a damaged stream and changes nothing.</summary>
    public void Load(Stream stream, ItemCatalog catalog) => throw new NotImplementedException();
}
