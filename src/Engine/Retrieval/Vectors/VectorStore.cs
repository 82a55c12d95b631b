using System.Globalization;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>
/// An index kept in a folder: the newest snapshot and the writes since. A write is in the log before it is searched; it
/// survives a crash of the machine once <see cref="Flush"/> returned. Several spaces share a folder. Thread-safe.
/// </summary>
public sealed class VectorStore : IDisposable
{
    private readonly string _folder;
    private readonly Lock _log = new(), _checkpoint = new();
    private DeltaLog _delta;
    private long _generation;

    private VectorStore(string folder, VectorIndex index, DeltaLog delta, long generation) =>
        (_folder, Index, _delta, _generation) = (folder, index, delta, generation);

    /// <summary>Search it; write through the store.</summary>
    public VectorIndex Index { get; }

    /// <summary>Bytes written since the last checkpoint.</summary>
    public long DeltaBytes
    {
        get
        {
            lock (_log)
                return _delta.Bytes;
        }
    }

    /// <summary>Opens what the folder holds of a space, or starts it empty.</summary>
    /// <exception cref="InvalidDataException">A file is damaged, or of another dimension or metric.</exception>
    public static VectorStore Open(string folder, VectorSpace space, VectorIndexOptions? options = null)
    {
        Directory.CreateDirectory(folder);
        foreach (var left in Directory.EnumerateFiles(folder, $"{space.Name}-*.tmp"))
            File.Delete(left);
        var snapshots = Generations(folder, space, "snapshot");
        var newest = snapshots.Count == 0 ? 0 : snapshots.Max;
        var index = snapshots.Count == 0 ? new VectorIndex(space, options) : VectorIndex.Open(PathOf(folder, space, newest, "snapshot"), options);
        if (index.Space != space)
            throw new InvalidDataException($"'{PathOf(folder, space, newest, "snapshot")}' holds {index.Space}; asked for was {space}.");

        DeltaLog? delta = null;
        var last = newest;
        foreach (var generation in Generations(folder, space, "delta").Where(g => g >= newest))
        {
            delta?.Dispose();
            last = generation;
            delta = DeltaLog.Open(PathOf(folder, space, generation, "delta"), space.Dimension, (item, vector) =>
            {
                if (vector.IsEmpty)
                    index.Remove(item);
                else
                    index.Upsert(item, vector.Span);
            });
        }
        return new VectorStore(folder, index, delta ?? DeltaLog.Create(PathOf(folder, space, newest, "delta"), space.Dimension), last);
    }

    public void Upsert(int item, ReadOnlySpan<float> vector)
    {
        VectorIndex.CheckItem(item, null);
        Index.Space.Check(vector, "vector");
        lock (_log)
        {
            _delta.Put(item, vector);
            Index.Upsert(item, vector);
        }
    }

    /// <returns>False when there was none.</returns>
    public bool Remove(int item)
    {
        VectorIndex.CheckItem(item, null);
        lock (_log)
        {
            _delta.Remove(item);
            return Index.Remove(item);
        }
    }

    /// <summary>Returns when every write that returned before is on the disk.</summary>
    public void Flush()
    {
        lock (_log)
            _delta.Flush();
    }

    /// <summary>Writes a snapshot and drops the log that it covers. Writes wait only while the log is changed over; a crash at any point loses none.</summary>
    public void Checkpoint()
    {
        lock (_checkpoint)
        {
            IndexState state;
            var generation = _generation + 1;
            lock (_log)
            {
                // What follows is covered by the snapshot or stands in the new log; both logs are replayed until it is there.
                _delta.Flush();
                var next = DeltaLog.Create(PathOf(_folder, Index.Space, generation, "delta"), Index.Space.Dimension);
                state = Index.State;
                _delta.Dispose();
                (_delta, _generation) = (next, generation);
            }
            SnapshotWriter.Write(PathOf(_folder, Index.Space, generation, "snapshot"), Index.Space, state, Index.Effort);
            foreach (var kind in new[] { "snapshot", "delta" })
            {
                foreach (var old in Generations(_folder, Index.Space, kind).Where(g => g < generation))
                    File.Delete(PathOf(_folder, Index.Space, old, kind));
            }
        }
    }

    public void Dispose()
    {
        lock (_log)
            _delta.Dispose();
    }

    private static string PathOf(string folder, VectorSpace space, long generation, string kind) =>
        Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{space.Name}-{generation:D8}.{kind}"));

    private static SortedSet<long> Generations(string folder, VectorSpace space, string kind)
    {
        var found = new SortedSet<long>();
        foreach (var file in Directory.EnumerateFiles(folder, $"{space.Name}-*.{kind}"))
        {
            var number = Path.GetFileNameWithoutExtension(file)[(space.Name.Length + 1)..];
            if (number.Length >= 8 && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var generation))
                found.Add(generation);
        }
        return found;
    }
}
