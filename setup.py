"""Three source roots, each holding one package, and the architecture files as a data package beside them."""

from setuptools import find_namespace_packages, find_packages, setup

ROOTS = {"openrow": "simulator", "openrow_kernels": "kernels", "openrow_traces": "traces"}

DATA = "openrow_arch_configs"

packages = [DATA, *(f"{DATA}.{folder}" for folder in find_namespace_packages("arch_configs"))]
package_dir = {DATA: "arch_configs"}
for package, root in ROOTS.items():
    packages += find_packages(root)
    package_dir[package] = f"{root}/{package}"

setup(
    packages=packages,
    package_dir=package_dir,
    package_data={
        **{package: ["*.yaml", "*.md"] for package in packages if package.startswith(DATA)},
        **{package: ["py.typed"] for package in ROOTS},
        "openrow.validation": ["data/*", "data/streams/*", "data/pim/*", "data/crossbar/*"],
    },
)
