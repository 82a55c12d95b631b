namespace Recs.Grains.Surrogates;

/// <summary>An <see cref="Interaction"/> on its way. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.interaction")]
internal struct InteractionSurrogate
{
    [Id(0)]
    public string UserId;

    [Id(1)]
    public string ItemId;

    [Id(2)]
    public byte Type;

    [Id(3)]
    public string? EventId;

    [Id(4)]
    public DateTimeOffset? Timestamp;

    [Id(5)]
    public double? Weight;

    [Id(6)]
    public double? Revenue;

    [Id(7)]
    public string? RequestId;
}

[RegisterConverter]
internal sealed class InteractionConverter : IConverter<Interaction, InteractionSurrogate>
{
    public Interaction ConvertFromSurrogate(in InteractionSurrogate surrogate) => new()
    {
        UserId = surrogate.UserId,
        ItemId = surrogate.ItemId,
        Type = (InteractionType)surrogate.Type,
        EventId = surrogate.EventId,
        Timestamp = surrogate.Timestamp,
        Weight = surrogate.Weight,
        Revenue = surrogate.Revenue,
        RequestId = surrogate.RequestId,
    };

    public InteractionSurrogate ConvertToSurrogate(in Interaction value) => new()
    {
        UserId = value.UserId,
        ItemId = value.ItemId,
        Type = (byte)value.Type,
        EventId = value.EventId,
        Timestamp = value.Timestamp,
        Weight = value.Weight,
        Revenue = value.Revenue,
        RequestId = value.RequestId,
    };
}
