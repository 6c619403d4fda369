using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Pqf.Autodiff;
using Pqf.Tensors.Devices.Gpu;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Devices;

/// <summary>Pins the machine code of every kernel: a change of the code that should not change kernels leaves kernel-ptx.txt as it
/// is.</summary>
/// <remarks>
/// Each kernel is compiled in a context of its own: in a shared one, the code of some kernels depends on those compiled before. The file
/// has one line for each kernel and target: name, target, SHA-256 of the PTX text. A change that is meant to change, add or remove kernels
/// rewrites it:
/// <c>PQF_WRITE_GUARDS=1 dotnet run -c Release --project tests/Pqf.Tensors.Tests -- -class "*KernelPtxGuardTests"</c>.
/// <c>PQF_WRITE_PTX=FOLDER</c> writes the texts for sm_90 there, which <c>ptxas -v -arch=sm_90</c> takes: registers and spills in
/// docs/gpu-kernels.md.
/// </remarks>
[Trait("Speed", "Slow")]
public sealed partial class KernelPtxGuardTests(CompiledKernels compiled)
{
    const string WriteSwitch = "PQF_WRITE_GUARDS";
    const string TextSwitch = "PQF_WRITE_PTX";

    static readonly string PinnedPath = Path.Combine(SharedData.Repository, "tests", "Pqf.Tensors.Tests", "Devices", "kernel-ptx.txt");

    [Fact]
    public void Every_kernel_has_the_pinned_ptx()
    {
#if DEBUG
        Assert.Skip("kernels are pinned as optimised builds compile them");
#endif
        var actual = Compiled();
        if (Environment.GetEnvironmentVariable(WriteSwitch) == "1")
            File.WriteAllLines(PinnedPath, actual.Select(pair => $"{pair.Key} {pair.Value}"));
        string[] differences = [.. Differences(Pinned(), actual)];
        Assert.True(
            differences.Length == 0,
            $"{string.Join('\n', differences)}\nIf this is meant, run the test again with {WriteSwitch}=1, which rewrites {PinnedPath}."
        );
    }

    [Fact]
    public void Names_and_numbers_of_ilgpu_do_not_change_the_hash_and_instructions_do()
    {
        const string Text =
            ".visible .entry Kernel_Invoke(\n\t.param .b32 _index_12\n)\n{\n\tld.param.b32\t%r2, "
            + "[_index_12];\n\tbra\tL_120;\n\n\tL_120:\n\tret;\n}\n";
        Assert.Equal(
            Hash(Text),
            Hash(
                "// another compiler\n"
                    + Text.Replace("Kernel_Invoke", "Moved_Start", StringComparison.Ordinal)
                        .Replace("_index_12", "_i_7", StringComparison.Ordinal)
                        .Replace("L_120", "L_70", StringComparison.Ordinal)
            )
        );
        Assert.NotEqual(Hash(Text), Hash(Text.Replace("%r2", "%r3", StringComparison.Ordinal)));
        Assert.NotEqual(Hash(Text), Hash(Text.Replace("bra", "bra.uni", StringComparison.Ordinal)));
        Assert.NotEqual(Hash(Text), Hash(Text.Replace("[_index_12]", "[_index_13]", StringComparison.Ordinal)));
    }

    [Fact]
    public void Texts_are_written_where_asked_for()
    {
        string? folder = Environment.GetEnvironmentVariable(TextSwitch);
        Assert.SkipWhen(string.IsNullOrEmpty(folder), $"{TextSwitch} names no folder");
        foreach (var kernel in KernelCompilationTests.KernelTypes(typeof(IKernel).Assembly))
            File.WriteAllText(
                Path.Combine(folder!, $"{KernelCompilationTests.Name(kernel).TrimStart('.')}.ptx"),
                compiled.Of(kernel, KernelCompilationTests.Target.PtxSm90)
            );
    }

    /// <summary>Hashes by <c>Name target</c>, in ordinal order. Names have no namespaces.</summary>
    SortedDictionary<string, string> Compiled() =>
        new(
            KernelCompilationTests
                .KernelTypes(typeof(IKernel).Assembly)
                .SelectMany(
                    _ =>
                        new[]
                        {
                            (Name: "sm_80", Target: KernelCompilationTests.Target.PtxSm80),
                            (Name: "sm_90", Target: KernelCompilationTests.Target.PtxSm90),
                        },
                    (kernel, target) =>
                        KeyValuePair.Create(
                            $"{KernelCompilationTests.Name(kernel).TrimStart('.')} {target.Name}",
                            Hash(compiled.Of(kernel, target.Target))
                        )
                )
                .ToDictionary(),
            StringComparer.Ordinal
        );

    static Dictionary<string, string> Pinned() =>
        File.ReadAllLines(PinnedPath).ToDictionary(line => line[..line.LastIndexOf(' ')], line => line[(line.LastIndexOf(' ') + 1)..]);

    static IEnumerable<string> Differences(Dictionary<string, string> pinned, SortedDictionary<string, string> actual)
    {
        foreach (string name in pinned.Keys.Except(actual.Keys))
            yield return $"missing: {name}";
        foreach (var (name, hash) in actual)
        {
            if (!pinned.TryGetValue(name, out string? expected))
                yield return $"new: "
                    + $"{name}{string.Concat(pinned.Where(pair => pair.Value == hash).Select(pair => $", the same PTX as {pair.Key}"))}";
            else if (hash != expected)
                yield return $"changed: {name}: expected {expected}, got {hash}";
        }
    }

    static string Hash(string ptx) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Nameless(ptx))));

    /// <summary>PTX without comments and empty lines; the entry point has a fixed name, and parameters and labels are numbered in order of
    /// appearance.</summary>
    /// <remarks>ILGPU names the entry point after its method, and parameters and labels after names in C# and a counter of the process:
    /// <c>_kernel_2107667</c>, <c>L_21076640</c>.</remarks>
    static string Nameless(string ptx)
    {
        var numbers = new Dictionary<string, string>();
        string text = string.Join(
            '\n',
            ptx.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Where(line => !line.StartsWith("//", StringComparison.Ordinal))
        );
        return Numbered()
            .Replace(
                Function().Replace(text, "function"),
                match =>
                {
                    numbers.TryAdd(match.Value, $"#{numbers.Count}");
                    return numbers[match.Value];
                }
            );
    }

    [GeneratedRegex(@"(?<=\.(?:entry|func) )[\w$]+")]
    private static partial Regex Function();

    [GeneratedRegex(@"(?<![\w$.%]|\.target )[A-Za-z_$][\w$]*_[0-9]+")]
    private static partial Regex Numbered();
}
