namespace Recs.Api.Security;

/// <summary>What a key may do; each role may also do what those before it may.</summary>
internal enum ApiRole
{
    /// <summary>No key needed: health and the OpenAPI document.</summary>
    Anyone,
    Read,
    Write,
    Admin,
}
