namespace Recs.Engine.Retrieval.SessionNeighbours;

/// <summary>One visit as it was at a moment. Immutable: a click replaces it whole.</summary>
/// <param name="Number">Visits begun before it.</param>
/// <param name="UserKey">Hash of the user's id, so that forgetting finds it.</param>
/// <param name="Items">Oldest first; an item met twice is there twice.</param>
/// <param name="AtMs">Time of its newest event.</param>
internal sealed record Visit(int Number, ulong UserKey, int[] Items, long AtMs);

/// <summary>The newest visits with one item: a ring with one writer. A reader may see a newer visit in an older one's place.</summary>
internal sealed class VisitRing(int capacity)
{
    private int[] _numbers = new int[4];
    private long _count;

    public long Count => Volatile.Read(ref _count);

    /// <summary>Held at this moment; the newest is at <c>Count - 1</c>.</summary>
    public int Held => (int)Math.Min(Count, capacity);

    /// <summary>Under the writer's lock.</summary>
    public void Add(int number)
    {
        if (_count < capacity && _count == _numbers.Length)
        {
            var grown = new int[Math.Min(capacity, _numbers.Length * 2)];
            _numbers.CopyTo(grown, 0);
            Volatile.Write(ref _numbers, grown);
        }

        _numbers[_count % _numbers.Length] = number;
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>Copies the newest numbers, newest first; returns how many.</summary>
    public int Newest(Span<int> into)
    {
        var count = Count;
        var numbers = Volatile.Read(ref _numbers);
        var held = (int)Math.Min(Math.Min(count, numbers.Length), into.Length);
        for (var i = 0; i < held; i++)
            into[i] = Volatile.Read(ref numbers[(count - 1 - i) % numbers.Length]);
        return held;
    }
}
