using System.Text;
using System.Text.Json;
using LoadBalancer.Configuration.Text;

namespace LoadBalancer.Tests.Configuration;

public class JsonTreeTests
{
    [Fact]
    public void NodesKnowWhereTheyAre()
    {
        var root = Parse("{\n\t\"a\": /* one\n */ 1, \"é€😀\": [ true ], // list\n \"b\" : null,\n}");

        Assert.Equal(new TextPosition(2, 2), root.Members["a"].KeyPosition);
        Assert.Equal(new TextPosition(3, 5), root.Members["a"].Position);
        Assert.Equal(new TextPosition(3, 8), root.Members["é€😀"].KeyPosition);
        // An editor counts the face as two columns.
        Assert.Equal(new TextPosition(3, 18), root.Members["é€😀"].Items[0].Position);
        Assert.Equal(new TextPosition(4, 8), root.Members["b"].Position);
    }

    [Fact]
    public void ValuesKeepTheirKindAndText()
    {
        var root = Parse("""{ "t": "a\u0041\n", "n": -1.50e3, "y": true, "f": false, "z": null, "o": {}, "l": [] }""");

        Assert.Equal("aA\n", root.Members["t"].Text);
        Assert.Equal("-1.50e3", root.Members["n"].Text);
        Assert.Equal(
            [JsonValueKind.String, JsonValueKind.Number, JsonValueKind.True, JsonValueKind.False, JsonValueKind.Null, JsonValueKind.Object, JsonValueKind.Array],
            root.Members.Values.Select(node => node.Kind));
    }

    [Fact]
    public void OfTwoEqualKeysTheFirstStaysAndEveryOtherIsAnError()
    {
        var (root, errors) = JsonTree.Parse("""{ "a": 1, "a": 2, "b": { "c": 1, "c": 2 } }"""u8.ToArray());

        Assert.Equal("1", root!.Members["a"].Text);
        Assert.Equal(["a", "b.c"], errors.Select(error => error.Path.ToString()));
    }

    [Fact]
    public void AFileInAnotherEncodingIsRefused()
    {
        byte[] utf16 = [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("{}")];
        byte[] latin1 = [.. "{\n \"a\": \""u8, 0xE9, .. "\" }"u8];

        Assert.Equal("the file is UTF-16; save it as UTF-8", Assert.Single(JsonTree.Parse(utf16).Errors).Message);
        Assert.Equal(new JsonTreeError(new TextPosition(2, 8), LoadBalancer.Configuration.ConfigurationPath.Root, "this byte is not UTF-8; save the file as UTF-8"), Assert.Single(JsonTree.Parse(latin1).Errors));
    }

    [Fact]
    public void TheDeepestNestingIsThirtyTwo()
    {
        Assert.NotNull(JsonTree.Parse(Encoding.UTF8.GetBytes(new string('[', 32) + new string(']', 32))).Root);
        Assert.Equal(new TextPosition(1, 33), Assert.Single(JsonTree.Parse(Encoding.UTF8.GetBytes(new string('[', 33) + new string(']', 33))).Errors).Position);
        Assert.Equal(new TextPosition(1, 33), Assert.Single(JsonTree.Parse(Encoding.UTF8.GetBytes(new string('[', 1_000_000))).Errors).Position);
    }

    private static JsonTreeNode Parse(string text)
    {
        var (root, errors) = JsonTree.Parse(Encoding.UTF8.GetBytes(text));
        Assert.Empty(errors);
        return root!;
    }
}
