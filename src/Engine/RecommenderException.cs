namespace Recs.Engine;

/// <summary>Why a call was refused; a host maps it to its own status.</summary>
public enum RefusalKind
{
    /// <summary>A value outside its legal range (HTTP 400).</summary>
    Invalid,

    /// <summary>Something named does not exist (HTTP 404).</summary>
    NotFound,

    /// <summary>The state does not allow it (HTTP 409).</summary>
    Conflict,

    /// <summary>More than a bound allows (HTTP 413).</summary>
    TooLarge,

    /// <summary>Try again later (HTTP 503 with Retry-After).</summary>
    Overloaded,

    /// <summary>No space to make it durable (HTTP 507).</summary>
    StorageFull,

    /// <summary>Still starting (HTTP 503 with Retry-After).</summary>
    NotReady,
}

/// <summary>A refused call. It changed nothing.</summary>
public sealed class RecommenderException : Exception
{
    public RecommenderException(RefusalKind kind, string message, Exception? inner = null)
        : base(message, inner) => Kind = kind;

    public RefusalKind Kind { get; }

    /// <summary>The field at fault, as the caller names it (camelCase), when there is one.</summary>
    public string? Field { get; init; }

    /// <summary>The value that was refused, as text, when there is one.</summary>
    public string? Value { get; init; }

    /// <summary>What would have been legal.</summary>
    public string? Legal { get; init; }

    /// <summary>0-based position in the batch of the element at fault.</summary>
    public int? Index { get; init; }

    /// <summary>When to try again, for <see cref="RefusalKind.Overloaded"/> and <see cref="RefusalKind.NotReady"/>.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>A value outside its legal range: says field, value, range and, in a batch, the element's index.</summary>
    public static RecommenderException Invalid(
        string field, object? value, string legal, int? index = null, RefusalKind kind = RefusalKind.Invalid)
    {
        var text = Show(value);
        var at = index is { } i ? $" (element {i})" : "";
        return new RecommenderException(kind, $"{field}{at} was {text}; legal is {legal}.")
        {
            Field = field,
            Value = text,
            Legal = legal,
            Index = index,
        };
    }

    private static string Show(object? value) => value switch
    {
        null => "absent",
        string { Length: > 80 } s => $"'{s[..77]}...' ({s.Length} characters)",
        string s => $"'{s}'",
        IFormattable f => f.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
