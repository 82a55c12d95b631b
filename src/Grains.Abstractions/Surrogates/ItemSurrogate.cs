namespace Recs.Grains.Surrogates;

/// <summary>An <see cref="Item"/> on its way. Field ids are never reused.</summary>
/// <remarks>Lists that a caller left null stay null, so that they are refused where the item is checked.</remarks>
[GenerateSerializer, Immutable, Alias("recs.surrogate.item")]
internal struct ItemSurrogate
{
    [Id(0)]
    public string Id;

    [Id(1)]
    public string Title;

    [Id(2)]
    public string[]? Categories;

    [Id(3)]
    public string[]? Tags;

    [Id(4)]
    public double? Price;

    [Id(5)]
    public bool Available;

    [Id(6)]
    public DateTimeOffset? CreatedAt;

    [Id(7)]
    public string[]? AttributeNames;

    /// <summary>As many as <see cref="AttributeNames"/>.</summary>
    [Id(8)]
    public AttributeValueSurrogate[]? AttributeValues;

    /// <summary>Null where the item names no vectors.</summary>
    [Id(9)]
    public string[]? VectorSpaces;

    /// <summary>As many as <see cref="VectorSpaces"/>; an empty one removes.</summary>
    [Id(10)]
    public float[][]? Vectors;
}

[RegisterConverter]
internal sealed class ItemConverter : IConverter<Item, ItemSurrogate>
{
    public Item ConvertFromSurrogate(in ItemSurrogate surrogate) => new()
    {
        Id = surrogate.Id,
        Title = surrogate.Title,
        Categories = surrogate.Categories!,
        Tags = surrogate.Tags!,
        Price = surrogate.Price,
        Available = surrogate.Available,
        CreatedAt = surrogate.CreatedAt,
        Attributes = ToAttributes(surrogate.AttributeNames, surrogate.AttributeValues ?? [])!,
        Vectors = surrogate.VectorSpaces is null
            ? null
            : Columns.ToMap(surrogate.VectorSpaces, Array.ConvertAll(surrogate.Vectors ?? [], vector => (ReadOnlyMemory<float>)vector)),
    };

    public ItemSurrogate ConvertToSurrogate(in Item value)
    {
        var surrogate = new ItemSurrogate
        {
            Id = value.Id,
            Title = value.Title,
            Categories = Columns.OrNull(value.Categories),
            Tags = Columns.OrNull(value.Tags),
            Price = value.Price,
            Available = value.Available,
            CreatedAt = value.CreatedAt,
        };
        if (value.Attributes is not null)
        {
            var (names, values) = Columns.Of(value.Attributes);
            surrogate.AttributeNames = names;
            surrogate.AttributeValues = Array.ConvertAll(values, AttributeValueSurrogate.Of);
        }

        if (value.Vectors is not null)
        {
            var (spaces, vectors) = Columns.Of(value.Vectors);
            (surrogate.VectorSpaces, surrogate.Vectors) = (spaces, Array.ConvertAll(vectors, vector => vector.ToArray()));
        }

        return surrogate;
    }

    private static Dictionary<string, AttributeValue>? ToAttributes(string[]? names, AttributeValueSurrogate[] values) =>
        names is null ? null : Columns.ToMap(names, Array.ConvertAll(values, value => value.ToValue()!));
}

/// <summary>An <see cref="AttributeValue"/> with its tag. Field ids and tags are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.attribute-value")]
internal struct AttributeValueSurrogate
{
    private const byte None = 0, Text = 1, Number = 2, Flag = 3, TextList = 4;

    /// <summary>0 nothing, 1 a text, 2 a number, 3 a truth value (number 0 or 1), 4 a list of texts.</summary>
    [Id(0)]
    public byte Tag;

    [Id(1)]
    public string? OneText;

    [Id(2)]
    public double OneNumber;

    [Id(3)]
    public string[]? Texts;

    public static AttributeValueSurrogate Of(AttributeValue? value) => value switch
    {
        null => new() { Tag = None },
        AttributeValue.Text text => new() { Tag = Text, OneText = text.Value },
        AttributeValue.Number number => new() { Tag = Number, OneNumber = number.Value },
        AttributeValue.Flag flag => new() { Tag = Flag, OneNumber = flag.Value ? 1 : 0 },
        AttributeValue.TextList list => new() { Tag = TextList, Texts = Columns.OrNull(list.Values) },
        _ => throw new InvalidOperationException($"{value.GetType()} has no tag."),
    };

    /// <summary>Throws <see cref="InvalidDataException"/> for a tag that only a later version knows.</summary>
    public readonly AttributeValue? ToValue() => Tag switch
    {
        None => null,
        Text => new AttributeValue.Text(OneText!),
        Number => new AttributeValue.Number(OneNumber),
        Flag => new AttributeValue.Flag(OneNumber != 0),
        TextList => new AttributeValue.TextList(Texts!),
        _ => throw new InvalidDataException($"An attribute arrived with tag {Tag}; 0 to {TextList} are known."),
    };
}
