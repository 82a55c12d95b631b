using System.Numerics;

namespace Recs.Engine.Catalog;

/// <summary>
/// The item numbers that carry one text: a sorted list while few carry it, a bitmap once more than one number in 32
/// does. One writer; readers take the set that they find and never wait.
/// </summary>
internal sealed class Posting
{
    /// <summary>A list up to this long stays a list however small the catalogue is.</summary>
    private const int AlwaysSparse = 512;

    /// <summary>A list of 4-byte numbers and a bitmap cost the same at one number in 32.</summary>
    private const int DenseShare = 32;

    private volatile object _set = new SparseSet([], 0);
    private readonly CreationOrder _order = new();

    public int Count { get; private set; }

    public bool IsDense => _set is ulong[];

    /// <summary>Adds a number; false when it was there.</summary>
    /// <param name="number">Item number.</param>
    /// <param name="numbers">Numbers given so far.</param>
    public bool Add(int number, int numbers)
    {
        if (_set is ulong[] words)
        {
            if (number >> 6 >= words.Length)
            {
                words = CopyOnGrow.Grow(words, (number >> 6) + 1, 0UL);
                _set = words;
            }

            var bit = 1UL << (number & 63);
            if ((words[number >> 6] & bit) != 0)
                return false;
            words[number >> 6] |= bit;
            Count++;
            // Thinned out far below the break-even point: a list is smaller again.
            if (Count > AlwaysSparse && (long)Count * DenseShare * 4 < words.Length * 64L)
                _set = ToSparse(words, Count);
            return true;
        }

        if (!AddSparse((SparseSet)_set, number))
            return false;
        Count++;
        if (Count > AlwaysSparse && (long)Count * DenseShare > numbers)
            _set = ToDense((SparseSet)_set, numbers);
        return true;
    }

    public void Remove(int number)
    {
        if (_set is ulong[] words)
        {
            var bit = 1UL << (number & 63);
            if (number >> 6 >= words.Length || (words[number >> 6] & bit) == 0)
                return;
            words[number >> 6] &= ~bit;
            Count--;
            if (Count <= AlwaysSparse / 2)
                _set = ToSparse(words, Count);
            return;
        }

        var sparse = (SparseSet)_set;
        var at = sparse.Span.BinarySearch(number);
        if (at < 0)
            return;
        var items = new int[Math.Max(4, sparse.Count - 1)];
        sparse.Span[..at].CopyTo(items);
        sparse.Span[(at + 1)..].CopyTo(items.AsSpan(at));
        _set = new SparseSet(items, sparse.Count - 1);
        Count--;
    }

    /// <summary>Sets the bits of the numbers that <paramref name="words"/> covers.</summary>
    public void OrInto(Span<ulong> words)
    {
        if (_set is ulong[] dense)
        {
            BitWords.Or(words, dense.AsSpan(0, Math.Min(dense.Length, words.Length)));
            return;
        }

        foreach (var number in ((SparseSet)_set).Span)
        {
            if (number >> 6 >= words.Length)
                break;
            words[number >> 6] |= 1UL << (number & 63);
        }
    }

    /// <summary>Says that an item changed, after it did.</summary>
    public void Touch(int number) => _order.Touch(number);

    /// <summary>Available numbers in order of creation, newest last. An immutable snapshot.</summary>
    public ReadOnlyMemory<int> NewestLast(Func<int, CatalogItem?> items) => _order.NewestLast(this, items);

    public bool Contains(int number) => _set is ulong[] words
        ? number >> 6 < words.Length && (words[number >> 6] >> (number & 63) & 1) != 0
        : ((SparseSet)_set).Span.BinarySearch(number) >= 0;

    /// <summary>The numbers, ascending.</summary>
    public IEnumerable<int> Numbers()
    {
        if (_set is not ulong[] words)
        {
            var sparse = (SparseSet)_set;
            var count = sparse.Count;
            for (var i = 0; i < count; i++)
                yield return sparse.Items[i];
            yield break;
        }

        for (var w = 0; w < words.Length; w++)
        {
            for (var bits = words[w]; bits != 0; bits &= bits - 1)
                yield return (w << 6) + BitOperations.TrailingZeroCount(bits);
        }
    }

    private bool AddSparse(SparseSet sparse, int number)
    {
        var count = sparse.Count;
        if (count == 0 || number > sparse.Items[count - 1])
        {
            if (count == sparse.Items.Length)
            {
                var longer = new int[Math.Max(4, count * 2)];
                sparse.Span.CopyTo(longer);
                longer[count] = number;
                _set = new SparseSet(longer, count + 1);
            }
            else
            {
                sparse.Append(number);
            }

            return true;
        }

        var at = sparse.Span.BinarySearch(number);
        if (at >= 0)
            return false;
        var items = new int[count + 1 + count / 4];
        sparse.Span[..~at].CopyTo(items);
        items[~at] = number;
        sparse.Span[~at..].CopyTo(items.AsSpan(~at + 1));
        _set = new SparseSet(items, count + 1);
        return true;
    }

    private static ulong[] ToDense(SparseSet sparse, int numbers)
    {
        var words = new ulong[(Math.Max(numbers, sparse.Span[^1] + 1) + 63) >> 6];
        foreach (var number in sparse.Span)
            words[number >> 6] |= 1UL << (number & 63);
        return words;
    }

    private static SparseSet ToSparse(ulong[] words, int count)
    {
        var items = new int[Math.Max(4, count)];
        var at = 0;
        for (var w = 0; w < words.Length; w++)
        {
            for (var bits = words[w]; bits != 0; bits &= bits - 1)
                items[at++] = (w << 6) + BitOperations.TrailingZeroCount(bits);
        }

        return new SparseSet(items, at);
    }

    /// <summary>Ascending numbers. Only <see cref="Append"/> changes one; everything else makes a new one.</summary>
    private sealed class SparseSet(int[] items, int count)
    {
        private int _count = count;

        public int[] Items { get; } = items;

        public int Count => Volatile.Read(ref _count);

        public ReadOnlySpan<int> Span => Items.AsSpan(0, Count);

        public void Append(int number)
        {
            Items[_count] = number;
            Volatile.Write(ref _count, _count + 1);
        }
    }
}
