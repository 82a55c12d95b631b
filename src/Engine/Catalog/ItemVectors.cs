using Recs.Engine.Retrieval.Vectors;

namespace Recs.Engine.Catalog;

/// <summary>
/// The vectors of a catalogue's items in its named spaces. Changed by the catalogue alone, under its lock; searched by pages
/// at any time, once <see cref="MakeSearchable"/> has run.
/// </summary>
public sealed class ItemVectors
{
    /// <summary>Bytes of float vectors held unless told otherwise.</summary>
    public const long DefaultMaxBytes = 2L << 30;

    private readonly long _maxBytes;
    private readonly SpaceVectors[] _spaces;

    /// <param name="spaces">Legal as <see cref="SpaceRules.Check"/> says.</param>
    /// <param name="maxBytes">Of float vectors in all spaces; a write that would pass it is refused as TooLarge.</param>
    public ItemVectors(IReadOnlyList<VectorSpace> spaces, long maxBytes = DefaultMaxBytes)
    {
        SpaceRules.Check(spaces);
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        (_spaces, _maxBytes) = ([.. spaces.Select(space => new SpaceVectors(space))], maxBytes);
    }

    /// <summary>No space. A log that holds vectors is read without them.</summary>
    public static ItemVectors None { get; } = new([]) { SkipsUnknown = true };

    /// <summary>Vectors of other spaces in a log are passed over; otherwise they are damage, so that a compaction drops none.</summary>
    public bool SkipsUnknown { get; init; }

    public IReadOnlyList<SpaceVectors> Spaces => _spaces;

    /// <summary>Null when there is no such space.</summary>
    public SpaceVectors? Find(string name)
    {
        foreach (var space in _spaces)
        {
            if (space.Space.Name == name)
                return space;
        }

        return null;
    }

    /// <summary>The space that a caller named; <see cref="RecommenderException"/> (Invalid) with those there are when there is none.</summary>
    /// <param name="name">The space.</param>
    /// <param name="field">What a refusal names.</param>
    /// <param name="index">Place in a batch.</param>
    public SpaceVectors Get(string name, string field, int? index = null) => Find(name) ?? throw RecommenderException.Invalid(field, name, Legal, index);

    /// <summary>Builds the indexes over what was read. Not to be called beside writes; again does nothing.</summary>
    public void MakeSearchable()
    {
        foreach (var space in _spaces)
            space.MakeSearchable();
    }

    /// <summary>What is held past the cap, in words; null when nothing.</summary>
    internal string? Excess => HeldBytes is var held && held > _maxBytes ? $"{held} bytes of vectors of at most {_maxBytes}" : null;

    private long HeldBytes => _spaces.Sum(space => space.VectorBytes);

    /// <summary>The names that are legal, in words.</summary>
    private string Legal => _spaces.Length == 0
        ? "none: no space is configured"
        : string.Join(", ", _spaces.Select(space => space.Space.Name));

    /// <summary>Of the vectors of a write those that change something; null when none does. Refuses what fits no space.</summary>
    /// <param name="number">The item's number; -1 for a new one.</param>
    /// <param name="written">By space; an empty vector removes.</param>
    /// <param name="index">Place in the batch.</param>
    /// <param name="room">Counts what is added less what is removed, in bytes.</param>
    internal IReadOnlyDictionary<string, ReadOnlyMemory<float>>? Changes(
        int number, IReadOnlyDictionary<string, ReadOnlyMemory<float>>? written, int index, ref long room)
    {
        if (written is null)
            return null;
        Dictionary<string, ReadOnlyMemory<float>>? changes = null;
        Span<float> known = stackalloc float[Limits.MaxDimensions];
        foreach (var (name, vector) in written)
        {
            var field = $"vectors.{name}";
            var space = Get(name, field, index);
            var before = known[..space.Space.Dimension];
            var has = number >= 0 && space.TryGet(number, before);
            if (vector.IsEmpty)
            {
                if (!has)
                    continue;
                room -= space.BytesOfOne;
                (changes ??= new(StringComparer.Ordinal))[name] = vector;
                continue;
            }

            if (vector.Length != space.Space.Dimension)
                throw RecommenderException.Invalid(field, $"{vector.Length} values", $"{space.Space.Dimension} values, or none to remove it", index);
            if (has && vector.Span.SequenceEqual(before))
                continue;
            room += has ? 0 : space.BytesOfOne;
            (changes ??= new(StringComparer.Ordinal))[name] = vector;
        }

        return changes;
    }

    /// <summary>What a log holds, without the spaces that are passed over.</summary>
    /// <exception cref="InvalidDataException">A vector fits no space.</exception>
    internal IReadOnlyDictionary<string, ReadOnlyMemory<float>>? Known(string itemId, IReadOnlyDictionary<string, ReadOnlyMemory<float>>? logged)
    {
        if (logged is null)
            return null;
        var known = new Dictionary<string, ReadOnlyMemory<float>>(StringComparer.Ordinal);
        foreach (var (name, vector) in logged)
        {
            var space = Find(name)?.Space;
            if (space is not null && (vector.IsEmpty || vector.Length == space.Dimension))
                known[name] = vector;
            else if (space is not null || !SkipsUnknown)
                throw new InvalidDataException($"The catalogue's log has a vector of {vector.Length} values of item '{itemId}' in space '{name}'; the spaces are {Legal}.");
        }

        return known.Count == 0 ? null : known;
    }

    /// <exception cref="RecommenderException">TooLarge: so many bytes more would pass the cap.</exception>
    internal void CheckRoom(long bytes)
    {
        if (bytes <= 0)
            return;
        var held = HeldBytes;
        if (bytes > _maxBytes - held)
        {
            throw RecommenderException.Invalid(
                "vectors", $"{bytes} bytes more than {held}", $"at most {_maxBytes} bytes of vectors in a catalogue", kind: RefusalKind.TooLarge);
        }
    }

    internal void Apply(int number, IReadOnlyDictionary<string, ReadOnlyMemory<float>>? changes)
    {
        if (changes is null)
            return;
        foreach (var (name, vector) in changes)
        {
            if (vector.IsEmpty)
                Find(name)!.Remove(number);
            else
                Find(name)!.Put(number, vector.Span);
        }
    }

    internal void Remove(int number)
    {
        foreach (var space in _spaces)
            space.Remove(number);
    }

    /// <summary>Copies of an item's vectors; null when it has none.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="all">Names every space, those without a vector too: a writer of it leaves nothing of before.</param>
    internal IReadOnlyDictionary<string, ReadOnlyMemory<float>>? Of(int number, bool all = false)
    {
        Dictionary<string, ReadOnlyMemory<float>>? vectors = null;
        foreach (var space in _spaces)
        {
            var vector = new float[space.Space.Dimension];
            if (space.TryGet(number, vector))
                (vectors ??= new(StringComparer.Ordinal))[space.Space.Name] = vector;
            else if (all)
                (vectors ??= new(StringComparer.Ordinal))[space.Space.Name] = default;
        }

        return vectors;
    }
}
