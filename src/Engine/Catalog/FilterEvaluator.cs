using System.Buffers;

namespace Recs.Engine.Catalog;

/// <summary>Evaluates a filter on whole columns: every node fills a bit per item number.</summary>
internal readonly ref struct FilterEvaluator(ItemCatalog catalog, CatalogColumns columns, int count)
{
    /// <summary>Up to so many codes are compared with each vector of items; beyond it each item's code is looked up in a set.</summary>
    private const int ComparedCodes = 16;

    private readonly ItemCatalog _catalog = catalog;
    private readonly CatalogColumns _columns = columns;
    private readonly int _count = count;

    /// <summary>Overwrites all words; bits past the count are unspecified.</summary>
    public void Evaluate(ItemFilter filter, Span<ulong> words)
    {
        switch (filter)
        {
            case EqualFilter equal:
                words.Clear();
                OrEqual(equal.Field, equal.Value, words);
                break;
            case InFilter any:
                words.Clear();
                OrIn(any, words);
                break;
            case ComparisonFilter { Value: var value } comparison:
                // Next to a finite number lies a number, so an open end is a closed one.
                var (low, high) = comparison.Operator switch
                {
                    ComparisonOperator.Less => (double.NegativeInfinity, Math.BitDecrement(value)),
                    ComparisonOperator.AtMost => (double.NegativeInfinity, value),
                    ComparisonOperator.Greater => (Math.BitIncrement(value), double.PositiveInfinity),
                    _ => (value, double.PositiveInfinity),
                };
                InRange(comparison.Field, low, high, words);
                break;
            case RangeFilter range:
                InRange(range.Field, range.Min, range.Max, words);
                break;
            case NotFilter not:
                Evaluate(not.Operand, words);
                BitWords.Not(words);
                break;
            case AndFilter and:
                Combine(and.Operands, words, all: true);
                break;
            case OrFilter or:
                Combine(or.Operands, words, all: false);
                break;
            default:
                throw new NotSupportedException($"A filter of type {filter.GetType().Name} has no evaluation.");
        }
    }

    private void Combine(IReadOnlyList<ItemFilter> operands, Span<ulong> words, bool all)
    {
        Evaluate(operands[0], words);
        var rented = ArrayPool<ulong>.Shared.Rent(words.Length);
        var other = rented.AsSpan(0, words.Length);
        for (var i = 1; i < operands.Count; i++)
        {
            Evaluate(operands[i], other);
            if (all)
                BitWords.And(words, other);
            else
                BitWords.Or(words, other);
        }

        ArrayPool<ulong>.Shared.Return(rented);
    }

    private void OrIn(InFilter any, Span<ulong> words)
    {
        var attribute = FilterFields.KindOf(any.Field) == FieldKind.Attribute ? _columns.Attribute(any.Field) : null;
        if (attribute?.Texts is not { } texts)
        {
            for (var i = 0; i < any.Values.Count; i++)
                OrEqual(any.Field, any.Values[i], words);
            return;
        }

        // One pass over the texts for all of them; lists, numbers and truth values one by one.
        Span<int> wanted = stackalloc int[Limits.MaxFilterTerms];
        var known = 0;
        for (var i = 0; i < any.Values.Count; i++)
        {
            if (any.Values[i] is not AttributeValue.Text text)
            {
                OrEqual(any.Field, any.Values[i], words);
                continue;
            }

            if (texts.TryGetCode(text.Value, out var code))
                wanted[known++] = code;
            attribute.Lists?.Find(text.Value)?.OrInto(words);
        }

        if (known > 0)
            OrTexts(texts, wanted[..known], words);
    }

    private void OrTexts(TextColumn column, ReadOnlySpan<int> wanted, Span<ulong> words)
    {
        var codes = Covered(column.Codes);
        var rented = Rent(codes.Length, out var other);
        if (wanted.Length <= ComparedCodes)
        {
            ColumnScan.AnyOf(codes, wanted, other);
        }
        else
        {
            var largest = 0;
            foreach (var code in wanted)
                largest = Math.Max(largest, code);
            var set = new ulong[(largest >> 6) + 1];
            foreach (var code in wanted)
                set[code >> 6] |= 1UL << (code & 63);
            ColumnScan.InSet(codes, set, other);
        }

        BitWords.Or(words, other);
        ArrayPool<ulong>.Shared.Return(rented);
    }

    private void OrEqual(string field, AttributeValue value, Span<ulong> words)
    {
        switch (FilterFields.KindOf(field))
        {
            case FieldKind.Text when field == FilterFields.Id:
                if (_catalog.TryGetNumber(((AttributeValue.Text)value).Value, out var number) && number < _count)
                    words[number >> 6] |= 1UL << (number & 63);
                break;
            case FieldKind.Text:
                OrTitled(((AttributeValue.Text)value).Value, words);
                break;
            case FieldKind.TextList:
                var lists = field == FilterFields.Category ? _columns.Categories : _columns.Tags;
                lists.Find(((AttributeValue.Text)value).Value)?.OrInto(words);
                break;
            case FieldKind.Flag:
                // Only available items are on pages, so the bit of an unavailable one does not matter.
                if (((AttributeValue.Flag)value).Value)
                    words.Fill(ulong.MaxValue);
                break;
            case FieldKind.Number:
                OrNumber(_columns.Price, ((AttributeValue.Number)value).Value, words);
                break;
            case FieldKind.Time:
                OrNumber(_columns.CreatedAt, ((AttributeValue.Number)value).Value, words);
                break;
            default:
                if (_columns.Attribute(field) is { } attribute)
                    OrAttribute(attribute, value, words);
                break;
        }
    }

    private void OrAttribute(AttributeColumn column, AttributeValue value, Span<ulong> words)
    {
        switch (value)
        {
            case AttributeValue.Text text:
                if (column.Texts is { } texts && texts.TryGetCode(text.Value, out var code))
                    OrTexts(texts, [code], words);
                column.Lists?.Find(text.Value)?.OrInto(words);
                break;
            case AttributeValue.Number number:
                if (column.Numbers is { } numbers)
                    OrNumber(numbers, number.Value, words);
                break;
            case AttributeValue.Flag flag:
                if ((flag.Value ? column.True : column.False) is { } items)
                    BitWords.Or(words, items.Words[..Math.Min(items.Words.Length, words.Length)]);
                break;
        }
    }

    private void InRange(string field, double low, double high, Span<ulong> words)
    {
        var column = FilterFields.KindOf(field) switch
        {
            FieldKind.Number => _columns.Price,
            FieldKind.Time => _columns.CreatedAt,
            _ => _columns.Attribute(field)?.Numbers,
        };
        var values = column is null ? [] : Covered(column.Values);
        var scanned = (values.Length + 63) >> 6;
        ColumnScan.InRange(values, low, high, words[..scanned]);
        words[scanned..].Clear();
    }

    private void OrNumber(NumberColumn column, double value, Span<ulong> words)
    {
        var values = Covered(column.Values);
        var rented = Rent(values.Length, out var other);
        ColumnScan.InRange(values, value, value, other);
        BitWords.Or(words, other);
        ArrayPool<ulong>.Shared.Return(rented);
    }

    // Titles have no column: nearly all differ, and asking for one is rare.
    private void OrTitled(string title, Span<ulong> words)
    {
        for (var number = 0; number < _count; number++)
        {
            if (_catalog.Get(number) is { } item && string.Equals(item.Item.Title, title, StringComparison.Ordinal))
                words[number >> 6] |= 1UL << (number & 63);
        }
    }

    private ReadOnlySpan<T> Covered<T>(ReadOnlySpan<T> column) => column.Length > _count ? column[.._count] : column;

    private static ulong[] Rent(int items, out Span<ulong> words)
    {
        var length = (items + 63) >> 6;
        var rented = ArrayPool<ulong>.Shared.Rent(length);
        words = rented.AsSpan(0, length);
        return rented;
    }
}
