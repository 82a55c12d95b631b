namespace Recs.Engine.Catalog;

/// <summary>
/// The catalogue in memory: items by dense number, and the columns that filters run on. Numbers are given on first
/// sight, never reused, and never leave the process; ids do.
/// One writer at a time (writes take a lock); readers never wait and never see half an item.
/// </summary>
public sealed class ItemCatalog
{
    /// <summary>Numbers given so far; every number is below it.</summary>
    public int Count => throw new NotImplementedException();

    /// <summary>Items present (not deleted).</summary>
    public int ItemCount => throw new NotImplementedException();

    /// <summary>Items present and available.</summary>
    public int AvailableCount => throw new NotImplementedException();

    /// <summary>Grows by 1 with every write that changed something.</summary>
    public long Version => throw new NotImplementedException();

    /// <summary>The number of an id seen before (its item may be deleted).</summary>
    public bool TryGetNumber(string id, out int number) => throw new NotImplementedException();

    /// <summary>The number of an id, given now if need be, without making it an item.</summary>
    public int Intern(string id) => throw new NotImplementedException();

    public string IdOf(int number) => throw new NotImplementedException();

    /// <summary>The item, or null when deleted or known by id only.</summary>
    public CatalogItem? Get(int number) => throw new NotImplementedException();

    public CatalogItem? Get(string id) => throw new NotImplementedException();

    /// <summary>Checks every item; throws <see cref="RecommenderException"/> and changes nothing when one is illegal.</summary>
    public static void Validate(IReadOnlyList<Item> items) => throw new NotImplementedException();

    /// <summary>Adds or replaces; findable on return. Items must have been validated.</summary>
    public CatalogReceipt Upsert(IReadOnlyList<Item> items, DateTimeOffset now) => throw new NotImplementedException();

    /// <summary>Deletes; gone on return. False when there was none.</summary>
    public bool Delete(string id) => throw new NotImplementedException();

    /// <summary>
    /// Sets in <paramref name="mask"/> exactly the present, available items that pass the filter (all of them when
    /// null). The mask is resized to <see cref="Count"/>.
    /// </summary>
    public void Match(ItemFilter? filter, ItemMask mask) => throw new NotImplementedException();

    /// <summary>Present, available numbers whose categories hold the term code; newest last. An immutable snapshot.</summary>
    public ReadOnlyMemory<int> InCategory(int termCode) => throw new NotImplementedException();

    /// <summary>The same for tags.</summary>
    public ReadOnlyMemory<int> WithTag(int termCode) => throw new NotImplementedException();

    /// <summary>Category and tag texts by code; codes are process-local, like item numbers.</summary>
    public TermTable Terms => throw new NotImplementedException();
}

/// <summary>An item with what the engine has looked up for it. Immutable.</summary>
public sealed class CatalogItem
{
    public required Item Item { get; init; }

    public required int Number { get; init; }

    public required int[] CategoryCodes { get; init; }

    public required int[] TagCodes { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    public required long CreatedMs { get; init; }
}

/// <summary>Texts and their process-local codes. Thread-safe; grows only; codes start at 0.</summary>
public sealed class TermTable
{
    public int Count => throw new NotImplementedException();

    public int Intern(string term) => throw new NotImplementedException();

    public bool TryGet(string term, out int code) => throw new NotImplementedException();

    public string TextOf(int code) => throw new NotImplementedException();
}

/// <summary>A set of item numbers, one bit each. Not thread-safe; made for one page, or by one source.</summary>
public sealed class ItemMask
{
    private ulong[] _words = [];

    /// <summary>Numbers it covers: 0 to <see cref="Length"/> - 1.</summary>
    public int Length { get; private set; }

    /// <summary>Number n is bit n % 64 of word n / 64; bits past <see cref="Length"/> are 0.</summary>
    public Span<ulong> Words => _words.AsSpan(0, (Length + 63) >> 6);

    /// <summary>Covers <paramref name="length"/> numbers, all cleared.</summary>
    public void Reset(int length)
    {
        var words = (length + 63) >> 6;
        if (_words.Length < words)
            _words = new ulong[words];
        Length = length;
        Words.Clear();
    }

    /// <summary>False for a number outside the mask.</summary>
    public bool this[int number] =>
        (uint)number < (uint)Length && (_words[number >> 6] >> (number & 63) & 1) != 0;

    public void Add(int number) => _words[number >> 6] |= 1UL << (number & 63);

    /// <summary>Does nothing for a number outside the mask.</summary>
    public void Remove(int number)
    {
        if ((uint)number < (uint)Length)
            _words[number >> 6] &= ~(1UL << (number & 63));
    }

    public int CountSet()
    {
        var count = 0;
        foreach (var word in Words)
            count += System.Numerics.BitOperations.PopCount(word);
        return count;
    }
}
