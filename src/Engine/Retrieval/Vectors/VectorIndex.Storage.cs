namespace Recs.Engine.Retrieval.Vectors;

/// <summary>Snapshots on disk.</summary>
public sealed partial class VectorIndex
{
    /// <summary>
    /// Writes what a search that starts now would see, to a new file that replaces <paramref name="path"/> once it is
    /// on the disk. Searches and writes go on meanwhile.
    /// </summary>
    public void Save(string path) => SnapshotWriter.Write(path, Space, State, Effort);

    /// <summary>
    /// Maps a snapshot: nothing is copied but what writes change. Throws <see cref="InvalidDataException"/> with the
    /// file, the offset and what is wrong there.
    /// </summary>
    public static VectorIndex Open(string path, VectorIndexOptions? options = null)
    {
        var (space, state, effort) = SnapshotReader.Read(path);
        var index = new VectorIndex(space, options);
        for (var entry = 0; entry < state.Delta.Count; entry++)
        {
            if (!index._deltaOf.TryAdd(state.Delta.ItemAt(entry), entry) || SlotOf(state, state.Delta.ItemAt(entry)) >= 0)
                throw new InvalidDataException($"'{path}' is damaged: item {state.Delta.ItemAt(entry)} stands in it twice.");
        }
        index._state = state;
        index.Effort = effort;
        return index;
    }
}
