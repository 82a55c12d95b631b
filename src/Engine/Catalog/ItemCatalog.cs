using System.Collections.Concurrent;

namespace Recs.Engine.Catalog;

/// <summary>
/// The catalogue in memory: items by dense number, and the columns that filters run on. Numbers are given on first
/// sight, never reused, and never leave the process; ids do.
/// One writer at a time (writes take a lock); readers never wait and never see half an item.
/// </summary>
public sealed class ItemCatalog
{
    /// <summary>Item ids held unless told otherwise.</summary>
    public const int DefaultCapacity = 1_000_000;

    private static readonly IReadOnlyDictionary<string, ReadOnlyMemory<float>> NoVectors = new Dictionary<string, ReadOnlyMemory<float>>();

    private readonly ConcurrentDictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly CatalogColumns _columns = new();
    private readonly Lock _writer = new();
    private volatile string[] _ids = new string[64];
    private volatile CatalogItem?[] _items = new CatalogItem?[64];
    private volatile int _count;
    private volatile int _itemCount;
    private volatile int _availableCount;
    private long _version;

    /// <param name="capacity">Item ids held, deleted ones included; a further one is refused as TooLarge.</param>
    /// <param name="vectors">The named spaces; none when absent.</param>
    public ItemCatalog(int capacity = DefaultCapacity, ItemVectors? vectors = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Capacity = capacity;
        Vectors = vectors ?? ItemVectors.None;
    }

    /// <summary>The items' vectors in the named spaces.</summary>
    public ItemVectors Vectors { get; }

    /// <summary>Item ids held at most.</summary>
    public int Capacity { get; }

    /// <summary>Numbers given so far; every number is below it.</summary>
    public int Count => _count;

    /// <summary>Items present (not deleted).</summary>
    public int ItemCount => _itemCount;

    /// <summary>Items present and available.</summary>
    public int AvailableCount => _availableCount;

    /// <summary>Grows by 1 with every write that changed something.</summary>
    public long Version => Interlocked.Read(ref _version);

    /// <summary>
    /// What it holds past its caps, in words; null when nothing. A log is read whole even by a process with smaller caps than
    /// its writer's: what was acknowledged stays, and only writes that would add to it are refused.
    /// </summary>
    public string? Excess
    {
        get
        {
            var ids = _count > Capacity ? $"{_count} item ids of at most {Capacity}" : null;
            return ids is not null && Vectors.Excess is { } bytes ? $"{ids} and {bytes}" : ids ?? Vectors.Excess;
        }
    }

    /// <summary>Category and tag texts by code; codes are process-local, like item numbers.</summary>
    public TermTable Terms { get; } = new();

    /// <summary>The number of an id seen before (its item may be deleted).</summary>
    public bool TryGetNumber(string id, out int number) => _numbers.TryGetValue(id, out number);

    /// <summary>
    /// The number of an id, given now if need be, without making it an item. Throws <see cref="RecommenderException"/>
    /// for an illegal id, and for a new one (TooLarge) when the catalogue is full.
    /// </summary>
    public int Intern(string id)
    {
        if (_numbers.TryGetValue(id, out var number))
            return number;
        IdRules.Check("itemId", id);
        lock (_writer)
        {
            if (_numbers.TryGetValue(id, out number))
                return number;
            CheckCapacity(1);
            return Register(id);
        }
    }

    /// <summary>As <see cref="Intern"/>, of an id in the catalogue's log, which has room whatever the cap is now.</summary>
    internal int Recall(string id)
    {
        IdRules.Check("itemId", id);
        lock (_writer)
            return _numbers.TryGetValue(id, out var number) ? number : Register(id);
    }

    public string IdOf(int number) =>
        (uint)number < (uint)_count
            ? _ids[number]
            : throw new ArgumentOutOfRangeException(nameof(number), number, $"Item numbers are 0 to {_count - 1}.");

    /// <summary>The item, or null when deleted, known by id only, or no number at all.</summary>
    public CatalogItem? Get(int number)
    {
        var items = _items;
        return (uint)number < (uint)items.Length ? items[number] : null;
    }

    /// <summary>What is read of every candidate, beside the items themselves.</summary>
    internal ItemTraitTable Traits { get; } = new();

    public CatalogItem? Get(string id) => _numbers.TryGetValue(id, out var number) ? Get(number) : null;

    /// <summary>The item with its vectors; null when there is none. While it is written its new vectors may come with what it was before.</summary>
    public Item? Read(string id) => Get(id) is not { } entry ? null
        : Vectors.Of(entry.Number) is { } vectors ? entry.Item with { Vectors = vectors } : entry.Item;

    /// <summary>
    /// Checks the batch's size, every item, and that no id comes twice; throws <see cref="RecommenderException"/> and
    /// changes nothing when something is illegal.
    /// </summary>
    public static void Validate(IReadOnlyList<Item> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        if (items.Count is 0 or > Limits.MaxItemsPerBatch)
        {
            throw RecommenderException.Invalid(
                "items", items.Count, $"1 to {Limits.MaxItemsPerBatch} items", kind: items.Count == 0 ? RefusalKind.Invalid : RefusalKind.TooLarge);
        }

        CheckEach(items);
    }

    /// <summary>
    /// The items of a batch that a write would change, as they would be kept (<see cref="Item.CreatedAt"/> present),
    /// so that a log can hold exactly those, with the vectors that change; nothing of them is the caller's any more. Throws
    /// <see cref="RecommenderException"/> when an item is illegal, or (TooLarge) when there is no room for them.
    /// </summary>
    public IReadOnlyList<Item> Changes(IReadOnlyList<Item> items, DateTimeOffset now)
    {
        CheckEach(items);
        lock (_writer)
        {
            var changes = Plan(items, now, limited: true).Select(change => ItemRules.OwnVectors(change.Item)).ToArray();
            // Terms can be refused, and one without an item does no harm: what is logged must not be.
            foreach (var item in changes)
            {
                Codes(item.Categories);
                Codes(item.Tags);
            }

            return changes;
        }
    }

    /// <summary>As <see cref="Upsert"/>, of what a log holds: it was let in once, and is not measured against the caps again.</summary>
    /// <exception cref="InvalidDataException">A vector fits no space.</exception>
    internal CatalogReceipt Replay(IReadOnlyList<Item> items) =>
        Write([.. items.Select(item => item.Vectors is null ? item : item with { Vectors = Vectors.Known(item.Id, item.Vectors) })], default, limited: false);

    /// <summary>
    /// Adds or replaces, all or nothing; findable on return. An item without <see cref="Item.CreatedAt"/> gets
    /// <paramref name="now"/>, or keeps the one it had. Throws as <see cref="Changes"/> does.
    /// </summary>
    public CatalogReceipt Upsert(IReadOnlyList<Item> items, DateTimeOffset now) => Write(items, now, limited: true);

    private CatalogReceipt Write(IReadOnlyList<Item> items, DateTimeOffset now, bool limited)
    {
        CheckEach(items);
        lock (_writer)
        {
            var plan = Plan(items, now, limited);
            var added = 0;
            // Terms first: they can be refused, and a term without an item does no harm.
            var codes = new (int[] Categories, int[] Tags)[plan.Count];
            for (var i = 0; i < plan.Count; i++)
                codes[i] = (Codes(plan[i].Item.Categories), Codes(plan[i].Item.Tags));
            try
            {
                for (var i = 0; i < plan.Count; i++)
                {
                    var (item, before) = plan[i];
                    if (before is null)
                        added++;
                    var number = _numbers.TryGetValue(item.Id, out var known) ? known : Register(item.Id);
                    Vectors.Apply(number, item.Vectors);
                    Apply(number, before, new CatalogItem
                    {
                        Item = item.Vectors is null ? item : item with { Vectors = null },
                        Number = number,
                        CategoryCodes = codes[i].Categories,
                        TagCodes = codes[i].Tags,
                        CreatedMs = item.CreatedAt!.Value.ToUnixTimeMilliseconds(),
                    });
                }
            }
            finally
            {
                // Also when a space took no more amid the batch: those before it show.
                if (plan.Count > 0)
                    Interlocked.Increment(ref _version);
            }

            return new CatalogReceipt(added, plan.Count - added, items.Count - plan.Count, _version);
        }
    }

    /// <summary>Deletes; gone on return. False when there was none.</summary>
    public bool Delete(string id)
    {
        lock (_writer)
        {
            if (Get(id) is not { } item)
                return false;
            Apply(item.Number, item, null);
            Interlocked.Increment(ref _version);
            Vectors.Remove(item.Number);
            return true;
        }
    }

    /// <summary>
    /// Sets in <paramref name="mask"/> exactly the present, available items that pass the filter (all of them when
    /// null). The mask is resized to <see cref="Count"/>. While a write goes on it may show some of its items before
    /// and others after the write; ask <see cref="ItemFilter.Matches"/> of an item before it is shown to anybody.
    /// </summary>
    public void Match(ItemFilter? filter, ItemMask mask)
    {
        mask.Reset(_count);
        var words = mask.Words;
        if (filter is null)
        {
            BitWords.Copy(_columns.Available.Words, words);
        }
        else
        {
            new FilterEvaluator(this, _columns, mask.Length).Evaluate(filter, words);
            BitWords.And(words, _columns.Available.Words);
        }

        // A write since the count was read may have set bits past it.
        if ((mask.Length & 63) != 0)
            words[^1] &= (1UL << (mask.Length & 63)) - 1;
    }

    /// <summary>Present, available numbers whose categories hold the term code; newest last. An immutable snapshot.</summary>
    public ReadOnlyMemory<int> InCategory(int termCode) => NewestLast(_columns.Categories, termCode);

    /// <summary>The same for tags.</summary>
    public ReadOnlyMemory<int> WithTag(int termCode) => NewestLast(_columns.Tags, termCode);

    private ReadOnlyMemory<int> NewestLast(PostingColumn column, int termCode) =>
        (uint)termCode < (uint)Terms.Count && column.Find(Terms.TextOf(termCode)) is { } posting
            ? posting.NewestLast(Get)
            : ReadOnlyMemory<int>.Empty;

    private static void CheckEach(IReadOnlyList<Item> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        var ids = new HashSet<string>(items.Count, StringComparer.Ordinal);
        long values = 0;
        for (var i = 0; i < items.Count; i++)
        {
            ItemRules.Check(items[i], i);
            foreach (var (_, vector) in items[i].Vectors ?? NoVectors)
                values += vector.Length;
            if (!ids.Add(items[i].Id))
                throw RecommenderException.Invalid("id", items[i].Id, "an id that comes once in the batch", i);
        }

        if (values * sizeof(float) > Limits.MaxVectorBytesPerBatch)
        {
            throw RecommenderException.Invalid(
                "vectors", $"{values * sizeof(float)} bytes", $"at most {Limits.MaxVectorBytesPerBatch} bytes in one call; send fewer items", kind: RefusalKind.TooLarge);
        }
    }

    /// <summary>What would change; nothing does. Throws when it is <paramref name="limited"/> and there is no room. Needs the writer's lock.</summary>
    private List<(Item Item, CatalogItem? Before)> Plan(IReadOnlyList<Item> items, DateTimeOffset now, bool limited)
    {
        var plan = new List<(Item, CatalogItem?)>(items.Count);
        var newIds = 0;
        long newBytes = 0;
        HashSet<string>? newNames = null;
        for (var i = 0; i < items.Count; i++)
        {
            var item = items[i];
            var known = _numbers.TryGetValue(item.Id, out var number);
            var before = known ? Get(number) : null;
            var kept = ItemRules.Normalise(item, before?.Item.CreatedAt ?? now);
            var vectors = Vectors.Changes(known ? number : -1, item.Vectors, i, ref newBytes);
            if (before is not null && vectors is null && ItemRules.Same(before.Item, kept))
                continue;
            plan.Add((item.Vectors is null ? kept : kept with { Vectors = vectors }, before));
            newIds += known ? 0 : 1;
            foreach (var name in kept.Attributes.Keys)
            {
                if (!_columns.Knows(name))
                    (newNames ??= new HashSet<string>(StringComparer.Ordinal)).Add(name);
            }
        }

        if (!limited)
            return plan;
        CheckCapacity(newIds);
        Vectors.CheckRoom(newBytes);
        if (newNames is not null && _columns.AttributeNames + newNames.Count > ItemRules.MaxAttributeNames)
        {
            throw RecommenderException.Invalid(
                "attributes", newNames.First(), $"at most {ItemRules.MaxAttributeNames} distinct attribute names in a catalogue", kind: RefusalKind.TooLarge);
        }

        return plan;
    }

    private void CheckCapacity(int newIds)
    {
        if (newIds > 0 && newIds > Capacity - _count)
        {
            throw RecommenderException.Invalid(
                "items", $"{newIds} new to {_count}", $"at most {Capacity} item ids, deleted ones included", kind: RefusalKind.TooLarge);
        }
    }

    private int[] Codes(IReadOnlyList<string> texts)
    {
        if (texts.Count == 0)
            return [];
        var codes = new int[texts.Count];
        for (var i = 0; i < codes.Length; i++)
            codes[i] = Terms.Intern(texts[i]);
        return codes;
    }

    // Id, then count, then dictionary: whoever finds the number can also read its id.
    private int Register(string id)
    {
        var number = _count;
        var ids = CopyOnGrow.Grow(_ids, number + 1, null!);
        ids[number] = id;
        _ids = ids;
        _items = CopyOnGrow.Grow(_items, number + 1, null);
        Traits.Grow(number + 1);
        _count = number + 1;
        _numbers[id] = number;
        return number;
    }

    private void Apply(int number, CatalogItem? before, CatalogItem? now)
    {
        _items[number] = now;
        Traits.Write(number, now);
        _columns.Change(number, before, now, _count);
        _columns.Touch(before);
        _columns.Touch(now);
        _itemCount += (now is null ? 0 : 1) - (before is null ? 0 : 1);
        _availableCount += (now is { Item.Available: true } ? 1 : 0) - (before is { Item.Available: true } ? 1 : 0);
    }
}
