namespace Recs.Engine.Embedded;

/// <summary>
/// How far each import source got. Kept in the log's own frames and in the checkpoint, so it is exactly as durable as
/// the rows it speaks of. Imports take one turn at a time.
/// </summary>
internal sealed class ImportLedger
{
    /// <summary>Sources remembered; the one that moved longest ago goes first.</summary>
    private const int Cap = 10_000;

    private readonly Dictionary<string, (long NextRow, long Turn)> _reached = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private long _turn;

    public SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>The next row of a source; 0 for a new one.</summary>
    public long Reached(string source)
    {
        lock (_lock)
            return _reached.TryGetValue(source, out var at) ? at.NextRow : 0;
    }

    public void Advance(string source, long nextRow)
    {
        lock (_lock)
        {
            _reached[source] = (Math.Max(nextRow, _reached.GetValueOrDefault(source).NextRow), ++_turn);
            if (_reached.Count > Cap)
                _reached.Remove(_reached.MinBy(entry => entry.Value.Turn).Key);
        }
    }

    public void Save(BinaryWriter writer)
    {
        lock (_lock)
        {
            writer.Write(_reached.Count);
            foreach (var (source, (nextRow, _)) in _reached.OrderBy(entry => entry.Value.Turn))
            {
                writer.Write(source);
                writer.Write(nextRow);
            }
        }
    }

    public void Load(BinaryReader reader)
    {
        var count = reader.ReadInt32();
        if (count is < 0 or > Cap)
            throw new InvalidDataException($"Import ledger says {count} sources; legal is 0 to {Cap}.");
        for (var i = 0; i < count; i++)
            Advance(reader.ReadString(), reader.ReadInt64());
    }
}
