namespace Recs.Training.Import;

/// <summary>Checks the rows of an event file one by one and puts the good ones into a table.</summary>
internal sealed class EventRowParser
{
    private const int User = 0, Item = 1, Type = 2, Time = 3, Weight = 4, Revenue = 5, EventId = 6, RequestId = 7, Order = 8;

    private static readonly FieldNames[] Fields =
    [
        new("userId", "user", "uid", "visitorId", "customerId", "memberId", "reviewerId", "sessionId", "session"),
        new("itemId", "item", "iid", "productId", "movieId", "articleId", "sku", "asin", "product"),
        new("type", "eventType", "event", "action", "interaction", "eventName"),
        new("timestamp", "time", "ts", "date", "datetime", "eventTime", "createdAt", "unixReviewTime"),
        new("weight", "rating", "stars", "score", "value"),
        new("revenue", "price", "amount", "total"),
        new("eventId"),
        new("requestId"),
        new("order"),
    ];

    private readonly RowReader _rows;
    private readonly EventImportOptions _options;
    private readonly DateTimeOffset _now;
    private readonly EventTable _table;
    private readonly bool _byLine;

    public EventRowParser(RowReader rows, ColumnMap map, EventImportOptions options, DateTimeOffset now, EventTable table)
    {
        (_rows, _options, _now, _table) = (rows, options, now, table);
        var delimited = rows as DelimitedRows;
        delimited?.Require(map, User);
        delimited?.Require(map, Item);
        _byLine = IsByLine(options);
        if (options.OrderColumn is null && delimited?.Has(Time) == false)
            throw new ImportException($"{rows.File} has no column for timestamp. Name one with --map timestamp=COLUMN, or give --order COLUMN (or --order line) for a file without times.");
        if (delimited?.Has(Type) == false && options.DefaultType is null && !IsRatingColumn(rows.ColumnOf(Weight)))
            throw new ImportException($"{rows.File} has no column for type. Name one with --map type=COLUMN, or say what its rows are with --type view (or another).");
    }

    /// <summary>The columns that options name, over the names known by themselves.</summary>
    public static ColumnMap Map(EventImportOptions options)
    {
        var columns = new Dictionary<string, string>(options.Columns);
        // An order column is only what the caller says; no column is one by its name.
        if (columns.ContainsKey("order"))
            throw new ImportException("map names 'order'; give the column as --order COLUMN.");
        columns["order"] = options.OrderColumn is { } order && !IsByLine(options) ? order : "";
        return new ColumnMap(Fields, columns);
    }

    /// <summary>Takes the reader's current row.</summary>
    public void Take()
    {
        var row = new EventRow { Weight = double.NaN, Revenue = double.NaN, Line = (int)Math.Min(_rows.Line, int.MaxValue) };
        if (Id(User, out var user) && Id(Item, out var item) && ReadType(ref row) && ReadNumbers(ref row) && ReadKey(ref row)
            && ReadTexts(ref row))
        {
            row.User = _table.Users.Add(user);
            row.Item = _table.Items.Add(item);
            _table.Add(row);
        }
    }

    private static bool IsByLine(EventImportOptions options) => string.Equals(options.OrderColumn, "line", StringComparison.OrdinalIgnoreCase);

    private static bool IsRatingColumn(string? column) =>
        column is not null && (column.Equals("rating", StringComparison.OrdinalIgnoreCase)
            || column.Equals("stars", StringComparison.OrdinalIgnoreCase) || column.Equals("score", StringComparison.OrdinalIgnoreCase));

    private bool Id(int field, out ReadOnlySpan<char> id)
    {
        _rows.TryGet(field, out id);
        if (EventRules.CheckId(Fields[field].Name, id) is not { } problem)
            return true;
        _rows.Reject(Fields[field].Name, problem);
        return false;
    }

    private bool ReadType(ref EventRow row)
    {
        if (!_rows.TryGet(Type, out var text))
        {
            if ((_options.DefaultType ?? (IsRatingColumn(_rows.ColumnOf(Weight)) ? InteractionType.Rating : null)) is { } type)
            {
                row.Type = type;
                return true;
            }

            return Refuse("type", "type is absent; name a default with --type.");
        }

        if (_options.TypeMap is { } codes)
        {
            if (!codes.TryGetValue(text.ToString(), out var meaning))
                return Refuse("type", $"{_rows.ColumnOf(Type)} was {EventRules.Quote(text)}; legal is {string.Join(", ", codes.Keys)}.");
            (row.Type, row.Weight) = (meaning.Type, meaning.Weight ?? double.NaN);
            return true;
        }

        return InteractionTypes.TryParse(text, out row.Type)
            || Refuse("type", $"type was {EventRules.Quote(text)}; legal is impression, view, click, addToCart, purchase, like, dislike, hide or rating.");
    }

    private bool ReadNumbers(ref EventRow row)
    {
        if (_rows.TryGet(Weight, out var weight) && !EventRules.TryNumber(weight, out row.Weight))
            return Refuse("weight", $"weight was {EventRules.Quote(weight)}; legal is a number.");
        // A price beside a view or a click is the item's, not money that came in.
        if (row.Type == InteractionType.Purchase && _rows.TryGet(Revenue, out var revenue) && !EventRules.TryNumber(revenue, out row.Revenue))
            return Refuse("revenue", $"revenue was {EventRules.Quote(revenue)}; legal is a number.");
        if (EventRules.CheckWeight(row.Type, double.IsNaN(row.Weight) ? null : row.Weight) is { } badWeight)
            return Refuse("weight", badWeight);
        if (EventRules.CheckRevenue(double.IsNaN(row.Revenue) ? null : row.Revenue) is { } badRevenue)
            return Refuse("revenue", badRevenue);
        return true;
    }

    private bool ReadKey(ref EventRow row)
    {
        if (_byLine)
        {
            row.Key = _rows.Line;
            return true;
        }

        if (_options.OrderColumn is { } column)
        {
            if (!_rows.TryGet(Order, out var order))
                return Refuse("order", $"{column} is absent; legal is a number.");
            if (!EventRules.TryNumber(order, out var number))
                return Refuse("order", $"{column} was {EventRules.Quote(order)}; legal is a number.");
            row.Key = Monotonic(number);
            return true;
        }

        if (!_rows.TryGet(Time, out var time))
            return Refuse("timestamp", "timestamp is absent; legal is ISO-8601, or seconds or milliseconds since 1970.");
        if (!EventTimes.TryParse(time, out row.Key))
            return Refuse("timestamp", $"timestamp was {EventRules.Quote(time)}; legal is ISO-8601, or seconds or milliseconds since 1970.");
        return EventRules.CheckTime(row.Key, _now) is not { } problem || Refuse("timestamp", problem);
    }

    private bool ReadTexts(ref EventRow row)
    {
        row.Texts = -1;
        var hasEvent = _rows.TryGet(EventId, out var eventId);
        var hasRequest = _rows.TryGet(RequestId, out var requestId);
        if (hasEvent && EventRules.CheckId("eventId", eventId) is { } badEvent)
            return Refuse("eventId", badEvent);
        if (hasRequest && EventRules.CheckId("requestId", requestId) is { } badRequest)
            return Refuse("requestId", badRequest);
        if (hasEvent || hasRequest)
            row.Texts = _table.AddTexts(hasEvent ? eventId.ToString() : null, hasRequest ? requestId.ToString() : null);
        return true;
    }

    private bool Refuse(string reason, string detail)
    {
        _rows.Reject(reason, detail);
        return false;
    }

    /// <summary>A whole number that orders as the finite double does.</summary>
    private static long Monotonic(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value + 0.0);
        return bits < 0 ? long.MinValue - bits : bits;
    }
}
