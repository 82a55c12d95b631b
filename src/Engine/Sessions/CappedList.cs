namespace Recs.Engine.Sessions;

/// <summary>
/// A list being changed, oldest first, over an array that belongs to a session until the first change: then it is
/// copied once for the whole batch. At its cap the oldest makes room.
/// </summary>
/// <param name="source">The session's array; never written.</param>
/// <param name="cap">Most places.</param>
/// <param name="expected">Additions to make room for with the copy.</param>
internal struct CappedList<T>(T[] source, int cap, int expected)
{
    private T[] _items = source;
    private int _count = source.Length;
    private bool _owned;

    public readonly Span<T> Span => _items.AsSpan(0, _count);

    public void Add(T item)
    {
        Own();
        if (_count >= cap)
        {
            // A cap lowered since the session was written drops more than one.
            var dropped = _count - cap + 1;
            Span[dropped..].CopyTo(_items);
            _count -= dropped;
        }

        if (_count == _items.Length)
            Array.Resize(ref _items, Math.Min(cap, Math.Max(4, _count * 2)));
        _items[_count++] = item;
    }

    public void RemoveAt(int index)
    {
        Own();
        Span[(index + 1)..].CopyTo(_items.AsSpan(index));
        _count--;
    }

    public void Set(int index, T item)
    {
        Own();
        _items[index] = item;
    }

    /// <summary>Takes the item away and puts another in as the newest.</summary>
    public void MoveToEnd(int index, T item)
    {
        Own();
        Span[(index + 1)..].CopyTo(_items.AsSpan(index));
        _items[_count - 1] = item;
    }

    /// <summary>The array for the next session: the old one when nothing changed.</summary>
    public readonly T[] ToArray() => _items.Length == _count ? _items : Span.ToArray();

    private void Own()
    {
        if (_owned)
            return;
        var items = new T[Math.Max(Math.Min(cap, _count + expected), _count)];
        Span.CopyTo(items);
        _items = items;
        _owned = true;
    }
}
