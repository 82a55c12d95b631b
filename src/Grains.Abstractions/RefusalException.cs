namespace Recs.Grains;

/// <summary>A <see cref="RecommenderException"/> on its way between processes.</summary>
[GenerateSerializer, Alias("recs.refusal")]
public sealed class RefusalException : Exception
{
    public RefusalException(RecommenderException refusal)
        : base(refusal.Message)
    {
        Kind = refusal.Kind;
        Field = refusal.Field;
        Value = refusal.Value;
        Legal = refusal.Legal;
        Index = refusal.Index;
        RetryAfter = refusal.RetryAfter;
    }

    [Id(0)]
    public RefusalKind Kind { get; }

    [Id(1)]
    public string? Field { get; }

    [Id(2)]
    public string? Value { get; }

    [Id(3)]
    public string? Legal { get; }

    [Id(4)]
    public int? Index { get; }

    [Id(5)]
    public TimeSpan? RetryAfter { get; }

    /// <summary>The refusal as the engine says it.</summary>
    public RecommenderException ToEngine() => new(Kind, Message, this)
    {
        Field = Field,
        Value = Value,
        Legal = Legal,
        Index = Index,
        RetryAfter = RetryAfter,
    };
}
