namespace Recs.Engine.Catalog;

/// <summary>
/// One attribute name's values, a column per type in use: the same name may be a number on one item and a text on
/// another. One writer; readers never wait.
/// </summary>
internal sealed class AttributeColumn
{
    private volatile NumberColumn? _numbers;
    private volatile TextColumn? _texts;
    private volatile PostingColumn? _lists;
    private volatile BitColumn? _true;
    private volatile BitColumn? _false;

    public NumberColumn? Numbers => _numbers;

    public TextColumn? Texts => _texts;

    public PostingColumn? Lists => _lists;

    /// <summary>Items on which it is true.</summary>
    public BitColumn? True => _true;

    /// <summary>Items on which it is false.</summary>
    public BitColumn? False => _false;

    /// <summary>Items that carry it.</summary>
    public int Items { get; private set; }

    public void Change(int number, AttributeValue? before, AttributeValue? now, int numbers)
    {
        if (before is not null && before.GetType() != now?.GetType())
            Clear(number, before, numbers);
        switch (now)
        {
            case AttributeValue.Number value:
                (_numbers ??= new NumberColumn()).Set(number, value.Value);
                break;
            case AttributeValue.Text text:
                (_texts ??= new TextColumn()).Set(number, text.Value);
                break;
            case AttributeValue.Flag flag:
                (_true ??= new BitColumn()).Set(number, flag.Value);
                (_false ??= new BitColumn()).Set(number, !flag.Value);
                break;
            case AttributeValue.TextList list:
                (_lists ??= new PostingColumn()).Change(number, (before as AttributeValue.TextList)?.Values ?? [], list.Values, numbers);
                break;
        }

        Items += (now is null ? 0 : 1) - (before is null ? 0 : 1);
    }

    private void Clear(int number, AttributeValue before, int numbers)
    {
        switch (before)
        {
            case AttributeValue.Number:
                _numbers!.Set(number, double.NaN);
                break;
            case AttributeValue.Text:
                _texts!.Clear(number);
                break;
            case AttributeValue.Flag:
                _true!.Set(number, false);
                _false!.Set(number, false);
                break;
            case AttributeValue.TextList list:
                _lists!.Change(number, list.Values, [], numbers);
                break;
        }
    }
}
