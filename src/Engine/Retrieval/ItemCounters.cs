namespace Recs.Engine.Retrieval;

/// <summary>
/// Windowed counts per item, for trending, popularity features and click rates: exponentially decayed sums kept in
/// forward-decayed form, so that reading needs no clock sweep. Aggregates only, no user ids. Thread-safe: one writer
/// at a time behind a lock, readers never wait.
/// </summary>
/// <remarks>
/// Forward decay (Cormode, Shkapenyuk, Srivastava, Xu 2009): an event at time t adds 2^((t - L) / h) for a landmark L,
/// and a sum S stands for S 2^(-(now - L) / h) at time now. Landmarks are whole half-lives since 1970, so a sum moves
/// to another landmark by an exact power of two: the counts do not depend on where the landmark stands.
/// </remarks>
public sealed class ItemCounters
{
    // A page of items shares a landmark; a page is replaced, not changed, when its landmark moves, so a reader that
    // holds one always reads sums and landmark that belong together.
    private const int PageBits = 10, PageItems = 1 << PageBits, Columns = 4;
    private const int ShortColumn = 0, LongColumn = 1, ImpressionColumn = 2, ClickColumn = 3;

    // 2^400 leaves room for 2^600 further events and for sums as small as 2^-600 of them.
    private const long MaxExponent = 400;

    private readonly Lock _gate = new();
    private readonly long _shortMs;
    private readonly long _longMs;
    private readonly long _shortPerLong;
    private Page?[] _pages = [];
    private long _newestMs;
    private long _counted;

    public ItemCounters(ItemCounterOptions? options = null)
    {
        Options = options ?? new ItemCounterOptions();
        Options.Validate();
        _shortMs = (long)Options.ShortHalfLife.TotalMilliseconds;
        _longMs = (long)Options.LongHalfLife.TotalMilliseconds;
        _shortPerLong = _longMs / _shortMs;
    }

    public ItemCounterOptions Options { get; }

    /// <summary>Time of the newest event counted, milliseconds since 1970; 0 before the first.</summary>
    public long NewestMs => Volatile.Read(ref _newestMs);

    /// <summary>Events counted so far in this process; tells whether anything changed.</summary>
    public long Counted => Volatile.Read(ref _counted);

    /// <summary>Counts one accepted event.</summary>
    /// <param name="item">Item number, 0 or more.</param>
    /// <param name="type">What happened; dislikes, hides and low ratings add nothing.</param>
    /// <param name="atMs">Event time, milliseconds since 1970, in any order.</param>
    /// <param name="weight">The event's weight; tells a good rating from a bad one.</param>
    public void Count(int item, InteractionType type, long atMs, double? weight = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(item);
        lock (_gate)
        {
            var page = PageFor(item, atMs);
            var cell = page.Sums.AsSpan((item & (PageItems - 1)) * Columns, Columns);
            if (type == InteractionType.Impression)
                cell[ImpressionColumn] += Weight(atMs, _longMs, page.Landmark);
            else if (Feedback.Strength(type, weight) > 0)
            {
                cell[ShortColumn] += Weight(atMs, _shortMs, page.Landmark * _shortPerLong);
                var longWeight = Weight(atMs, _longMs, page.Landmark);
                cell[LongColumn] += longWeight;
                if (type == InteractionType.Click)
                    cell[ClickColumn] += longWeight;
            }
            if (atMs > _newestMs)
                Volatile.Write(ref _newestMs, atMs);
            Volatile.Write(ref _counted, _counted + 1);
        }
    }

    /// <summary>
    /// Positive events on the item, decayed with the short half-life to <paramref name="nowMs"/>, or to the newest
    /// event when that is later (as for every reading here).
    /// </summary>
    public double Recent(int item, long nowMs) => Read(item, ShortColumn, nowMs);

    /// <summary>The same with the long half-life.</summary>
    public double Baseline(int item, long nowMs) => Read(item, LongColumn, nowMs);

    /// <summary>Impressions, decayed with the long half-life.</summary>
    public double Impressions(int item, long nowMs) => Read(item, ImpressionColumn, nowMs);

    /// <summary>Clicks, decayed with the long half-life.</summary>
    public double Clicks(int item, long nowMs) => Read(item, ClickColumn, nowMs);

    /// <summary>All four counts of items, decayed to the newest event; for reading many items in a row.</summary>
    internal Reader ReadNewest() => new(this);

    /// <summary>
    /// Fills both spans by item number with the counts decayed to the newest event: what <see cref="Recent"/> and
    /// <see cref="Baseline"/> give at <see cref="NewestMs"/>, rounded to single precision.
    /// </summary>
    public void ReadAll(Span<float> recent, Span<float> baseline)
    {
        recent.Clear();
        baseline.Clear();
        var pages = Volatile.Read(ref _pages);
        var newest = NewestMs;
        for (var p = 0; p < pages.Length; p++)
        {
            if (pages[p] is not { } page)
                continue;
            var shortFactor = Decay(newest, _shortMs, page.Landmark * _shortPerLong);
            var longFactor = Decay(newest, _longMs, page.Landmark);
            var first = p << PageBits;
            var end = Math.Min(PageItems, recent.Length - first);
            for (var i = 0; i < end; i++)
            {
                recent[first + i] = (float)(page.Sums[i * Columns + ShortColumn] * shortFactor);
                baseline[first + i] = (float)(page.Sums[i * Columns + LongColumn] * longFactor);
            }
        }
    }

    /// <summary>Writes ids and counts, so that a checkpoint can be read by another process. Layout: <see cref="ItemCounterCodec"/>.</summary>
    public void Save(Stream stream, ItemCatalog catalog)
    {
        Page?[] pages;
        long newest;
        lock (_gate)
        {
            newest = _newestMs;
            pages = Array.ConvertAll(_pages, static page => page?.Copy());
        }
        var landmark = newest / _longMs;
        var rows = new List<ItemCounterCodec.Row>();
        for (var p = 0; p < pages.Length; p++)
        {
            if (pages[p]?.MovedTo(landmark, _shortPerLong) is not { } page)
                continue;
            for (var i = 0; i < PageItems; i++)
            {
                var cell = page.Sums.AsSpan(i * Columns, Columns);
                if (cell.ContainsAnyExcept(0d))
                    rows.Add(new(catalog.IdOf(p << PageBits | i), cell[ShortColumn], cell[LongColumn], cell[ImpressionColumn], cell[ClickColumn]));
            }
        }
        ItemCounterCodec.Write(stream, new(_shortMs, _longMs, newest, landmark, rows));
    }

    /// <summary>Replaces the counts; throws <see cref="InvalidDataException"/> on a damaged stream and changes nothing.</summary>
    public void Load(Stream stream, ItemCatalog catalog)
    {
        var saved = ItemCounterCodec.Read(stream);
        if (saved.ShortMs != _shortMs || saved.LongMs != _longMs)
        {
            throw new InvalidDataException(
                $"item counters were saved with half-lives of {saved.ShortMs} and {saved.LongMs} ms; configured are {_shortMs} and {_longMs} ms.");
        }
        var numbers = new int[saved.Rows.Count];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = catalog.Intern(saved.Rows[i].Id);
        lock (_gate)
        {
            _pages = [];
            for (var i = 0; i < numbers.Length; i++)
            {
                var page = PageFor(numbers[i], saved.NewestMs);
                var row = saved.Rows[i];
                var cell = page.Sums.AsSpan((numbers[i] & (PageItems - 1)) * Columns, Columns);
                (cell[ShortColumn], cell[LongColumn], cell[ImpressionColumn], cell[ClickColumn]) =
                    (row.Short, row.Long, row.Impressions, row.Clicks);
            }
            Volatile.Write(ref _newestMs, saved.NewestMs);
            Volatile.Write(ref _counted, _counted + 1);
        }
    }

    /// <summary>Adds saved counts to those here; throws as <see cref="Load"/> does.</summary>
    public void Add(Stream stream, ItemCatalog catalog)
    {
        var other = new ItemCounters(Options);
        other.Load(stream, catalog);
        lock (_gate)
        {
            for (var p = 0; p < other._pages.Length; p++)
            {
                if (other._pages[p] is not { } from)
                    continue;
                var into = PageFor(p << PageBits, other._newestMs);
                var moved = from.MovedTo(into.Landmark, _shortPerLong);
                for (var i = 0; i < into.Sums.Length; i++)
                    into.Sums[i] += moved.Sums[i];
            }

            Volatile.Write(ref _newestMs, Math.Max(_newestMs, other._newestMs));
            Volatile.Write(ref _counted, _counted + 1);
        }
    }

    private double Read(int item, int column, long nowMs)
    {
        var pages = Volatile.Read(ref _pages);
        if (item < 0 || item >> PageBits >= pages.Length || Volatile.Read(ref pages[item >> PageBits]) is not { } page)
            return 0;
        var sum = Volatile.Read(ref page.Sums[(item & (PageItems - 1)) * Columns + column]);
        if (sum == 0)
            return 0;
        nowMs = Math.Max(nowMs, NewestMs);
        return column == ShortColumn
            ? sum * Decay(nowMs, _shortMs, page.Landmark * _shortPerLong)
            : sum * Decay(nowMs, _longMs, page.Landmark);
    }

    /// <summary>2^((t - L) / h) with L = <paramref name="landmark"/> half-lives.</summary>
    private static double Weight(long atMs, long halfLifeMs, long landmark)
    {
        var whole = Math.DivRem(atMs, halfLifeMs, out var rest);
        return Math.ScaleB(Math.Pow(2, (double)rest / halfLifeMs), ClampExponent(whole - landmark));
    }

    private static double Decay(long nowMs, long halfLifeMs, long landmark)
    {
        var whole = Math.DivRem(nowMs, halfLifeMs, out var rest);
        return Math.ScaleB(1 / Math.Pow(2, (double)rest / halfLifeMs), ClampExponent(landmark - whole));
    }

    private static int ClampExponent(long exponent) => (int)Math.Clamp(exponent, -5_000, 5_000);

    private Page PageFor(int item, long atMs)
    {
        var index = item >> PageBits;
        if (index >= _pages.Length)
        {
            var grown = new Page?[Math.Max(index + 1, _pages.Length * 2)];
            _pages.CopyTo(grown, 0);
            Volatile.Write(ref _pages, grown);
        }
        var landmark = atMs / _longMs;
        var page = _pages[index];
        if (page is null)
            page = new Page(landmark, new double[PageItems * Columns]);
        else if ((landmark - page.Landmark + 1) * _shortPerLong > MaxExponent && landmark > page.Landmark)
            page = page.MovedTo(landmark, _shortPerLong);
        else
            return page;
        Volatile.Write(ref _pages[index], page);
        return page;
    }

    /// <summary>
    /// Reads as <see cref="Recent"/> and the others do at <see cref="NewestMs"/>, to the same bits, but works a
    /// landmark's factors out once and not for every item.
    /// </summary>
    internal struct Reader(ItemCounters counters)
    {
        private readonly Page?[] _pages = Volatile.Read(ref counters._pages);
        private readonly long _newest = counters.NewestMs;
        private long _landmark = long.MinValue;
        private double _shortFactor;
        private double _longFactor;

        /// <summary>Asks for the memory that <see cref="Of"/> is going to read.</summary>
        public readonly void Prefetch(int item)
        {
            if ((uint)item >> PageBits < (uint)_pages.Length && Volatile.Read(ref _pages[item >> PageBits]) is { } page)
                MemoryHint.Soon(in page.Sums[(item & (PageItems - 1)) * Columns]);
        }

        public ItemCounts Of(int item)
        {
            if (item < 0 || item >> PageBits >= _pages.Length || Volatile.Read(ref _pages[item >> PageBits]) is not { } page)
                return default;
            if (page.Landmark != _landmark)
            {
                _landmark = page.Landmark;
                _shortFactor = Decay(_newest, counters._shortMs, _landmark * counters._shortPerLong);
                _longFactor = Decay(_newest, counters._longMs, _landmark);
            }
            var cell = page.Sums.AsSpan((item & (PageItems - 1)) * Columns, Columns);
            return new(
                cell[ShortColumn] * _shortFactor, cell[LongColumn] * _longFactor,
                cell[ImpressionColumn] * _longFactor, cell[ClickColumn] * _longFactor);
        }
    }

    /// <param name="Landmark">In long half-lives since 1970.</param>
    /// <param name="Sums">Items x columns, row-major.</param>
    private sealed record Page(long Landmark, double[] Sums)
    {
        public Page Copy() => new(Landmark, (double[])Sums.Clone());

        public Page MovedTo(long landmark, long shortPerLong)
        {
            var moved = (double[])Sums.Clone();
            var longShift = ClampExponent(Landmark - landmark);
            var shortShift = ClampExponent((Landmark - landmark) * shortPerLong);
            for (var i = 0; i < moved.Length; i++)
                moved[i] = Math.ScaleB(moved[i], i % Columns == ShortColumn ? shortShift : longShift);
            return new Page(landmark, moved);
        }
    }
}

/// <param name="Recent">Positive events, short half-life.</param>
/// <param name="Baseline">Positive events, long half-life.</param>
/// <param name="Impressions">Impressions, long half-life.</param>
/// <param name="Clicks">Clicks, long half-life.</param>
internal readonly record struct ItemCounts(double Recent, double Baseline, double Impressions, double Clicks);
