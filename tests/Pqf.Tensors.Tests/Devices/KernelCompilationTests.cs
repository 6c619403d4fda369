using System.Reflection;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using Pqf.Nets.Coco;
using Pqf.Tensors.Devices.Gpu;
using Xunit;

namespace Pqf.Tensors.Tests.Devices;

/// <summary>Compiles every kernel for GPUs that this machine need not have.</summary>
public class KernelCompilationTests(CompiledKernels compiled)
{
    /// <summary>What kernels are compiled for.</summary>
    public enum Target
    {
        PtxSm80,
        PtxSm90,
        OpenCl,
    }

    public static MatrixTheoryData<string, Target> Kernels =>
        new([.. KernelTypes(typeof(IKernel).Assembly).Select(Name)], Enum.GetValues<Target>());

    [Theory, MemberData(nameof(Kernels))]
    public void Every_kernel_compiles(string kernel, Target target) =>
        Assert.Empty(Problems(compiled.Of(KernelTypes(typeof(IKernel).Assembly).Single(type => Name(type) == kernel), target)));

    [Fact]
    public void Every_generic_kernel_is_closed_over_every_operator()
    {
        Type[] open = [.. typeof(IKernel).Assembly.GetTypes().Where(IsKernel).Where(type => type.IsGenericTypeDefinition)];
        Assert.All(
            open,
            type => Assert.Contains(KernelTypes(type.Assembly), closed => closed.IsGenericType && closed.GetGenericTypeDefinition() == type)
        );
        Assert.Contains(KernelTypes(typeof(IKernel).Assembly), type => Name(type) == "Map.Kernel<Relu>");
    }

    [Fact]
    public void Shared_memory_of_a_group_kernel_is_shared()
    {
        Assert.Contains(".shared", Compile(typeof(GroupKernelTests.Reverse), Target.PtxSm80), StringComparison.Ordinal);
        Assert.Contains("local float", Compile(typeof(GroupKernelTests.Reverse), Target.OpenCl), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(typeof(SelectedInteger), Target.PtxSm80)]
    [InlineData(typeof(SelectedInteger), Target.PtxSm90)]
    [InlineData(typeof(SelectedInteger), Target.OpenCl)]
    [InlineData(typeof(FusedProduct), Target.PtxSm80)]
    [InlineData(typeof(FusedProduct), Target.PtxSm90)]
    public void Known_miscompilations_are_seen(Type kernel, Target target)
    {
#if DEBUG
        Assert.SkipWhen(kernel == typeof(SelectedInteger), "it comes of optimised builds alone");
#endif
        Assert.NotEmpty(Problems(Compile(kernel, target)));
    }

    [Fact]
    public void A_kernel_that_throws_does_not_compile() =>
        Assert.ThrowsAny<InternalCompilerException>(() => Compile(typeof(Throwing), Target.PtxSm80));

    /// <summary>Kernel types of an assembly, generic ones closed over all that their parameters take.</summary>
    internal static IEnumerable<Type> KernelTypes(Assembly assembly) =>
        assembly.GetTypes().Where(IsKernel).SelectMany(type => type.IsGenericTypeDefinition ? Closed(type) : [type]);

    static IEnumerable<Type> Closed(Type kernel)
    {
        IEnumerable<Type[]> choices =
        [
            [],
        ];
        foreach (var parameter in kernel.GetGenericArguments())
        {
            Type[] interfaces = [.. parameter.GetGenericParameterConstraints().Where(constraint => constraint.IsInterface)];
            Type[] types =
            [
                .. kernel
                    .Assembly.GetTypes()
                    .Where(type => type.IsValueType && !type.IsGenericTypeDefinition && interfaces.All(type.IsAssignableTo)),
            ];
            choices = [.. choices.SelectMany(chosen => types.Select(type => (Type[])[.. chosen, type]))];
        }

        return choices.Select(chosen => kernel.MakeGenericType(chosen));
    }

    static bool IsKernel(Type type) =>
        type.IsValueType && (type.IsAssignableTo(typeof(IKernel)) || type.IsAssignableTo(typeof(IGroupKernel)));

    /// <summary>A kernel's name without its namespace: <c>Map.Kernel&lt;Relu&gt;</c>.</summary>
    internal static string Name(Type type) =>
        $"{type.DeclaringType?.Name}.{type.Name.Split('`')[0]}{(type.IsGenericType ? $"<{string.Join(", ", type.GetGenericArguments().Select(argument => argument.Name))}>" : "")}";

    /// <summary>PTX or OpenCL C of a kernel.</summary>
    internal static string Compile(Type kernel, Target target)
    {
        using var context = Context.Create(builder => builder.EnableAlgorithms()); // a fresh one: a failed compilation spoils its context
        using Backend backend = target switch
        {
            Target.PtxSm80 => Ptx(context, CudaArchitecture.SM_80, CudaInstructionSet.ISA_70),
            Target.PtxSm90 => Ptx(context, CudaArchitecture.SM_90, CudaInstructionSet.ISA_78),
            _ => new CLBackend(
                context,
                new CLCapabilityContext(float16: false, float64: false, genericAddressSpace: true, int64_Atomics: false, subGroups: false),
                CLDeviceVendor.Other,
                CLCVersion.CL20
            ),
        };
        var compiled = kernel.IsAssignableTo(typeof(IGroupKernel))
            ? backend.Compile(
                EntryPointDescription.FromExplicitlyGroupedKernel(Of(typeof(GroupKernelEntry), "Invoke")),
                (KernelSpecialization)Of(typeof(GroupKernelEntry), "Specialization").Invoke(null, null)!
            )
            : backend.Compile(EntryPointDescription.FromImplicitlyGroupedKernel(Of(typeof(KernelEntry), "Invoke")), default);
        return compiled is PTXCompiledKernel ptx ? ptx.PTXAssembly : ((CLCompiledKernel)compiled).Source;

        MethodInfo Of(Type entry, string name) => entry.GetMethod(name)!.MakeGenericMethod(kernel);
    }

    static PTXBackend Ptx(Context context, CudaArchitecture architecture, CudaInstructionSet instructions) =>
        new(context, new CudaCapabilityContext(architecture), architecture, instructions, null);

    static IEnumerable<string> Problems(string source)
    {
        (string Text, string Meaning)[] forbidden =
        [
            (".extern .func", "a call of a function that does not exist"),
            ("0f00000001", "an integer 1 taken for a single"),
            ("1.40129846E-45f", "an integer 1 taken for a single"),
            ("FusedMultiplyAdd", "a call of a function that does not exist"),
        ];
        return forbidden.Where(pair => source.Contains(pair.Text, StringComparison.Ordinal)).Select(pair => $"{pair.Text}: {pair.Meaning}");
    }

    internal readonly struct SelectedInteger(ArrayView<float> x) : IKernel
    {
        public void Invoke(int index) => x[index] = x[index] > 2f ? 1 : 0;
    }

    internal readonly struct FusedProduct(ArrayView<float> x) : IKernel
    {
        public void Invoke(int index) => x[index] = MathF.FusedMultiplyAdd(x[index], x[index], x[index]);
    }

    internal readonly struct Throwing(ArrayView<float> x) : IKernel
    {
        public void Invoke(int index) => x[index] = x[index] > 2f ? 1f : throw new NotSupportedException();
    }
}
