# SPDX-License-Identifier: GPL-3.0-or-later
# The rules of the house as CMake functions: a room sees the rooms it names and nothing else.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)
set(CMAKE_INSTALL_RPATH "$ORIGIN/../lib/emend")

# Sources of a room compiled several at a time, for builds that start from nothing: most of the time to compile a file goes
# into headers. Off for work on the sources, where one changed file should be all that is compiled again.
option(EMEND_UNITY "Compile the files of a room in batches" OFF)
set(EMEND_UNITY_BATCH 6)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

add_library(emend_warnings INTERFACE)
target_compile_options(emend_warnings INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual)
if(EMEND_WERROR)
    # g++ 12 sees overlaps and overflows inside std::string where there are none (GCC bug 105651), and in batches values
    # of empty std::optionals that nobody reads.
    target_compile_options(emend_warnings INTERFACE -Werror -Wno-error=restrict -Wno-error=stringop-overflow
                                                    -Wno-error=maybe-uninitialized)
endif()
if(EMEND_SANITIZE)
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
endif()

# emend_unity(TARGET alone.cpp …) - compile in batches where that was asked for, except the files named: those have names
# of their own in common with another file of the batch.
function(emend_unity target)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ${EMEND_UNITY} UNITY_BUILD_BATCH_SIZE ${EMEND_UNITY_BATCH})
    if(ARGN)
        set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
endfunction()

# emend_room(NAME SOURCES a.cpp … [USES rooms…] [LIBS targets…] [ALONE a.cpp …])
# A room is a folder of core/ or ui/, compiled as an object library. Its headers are included as "room/file.h", and only by
# those who name it in USES: the include directory of a room holds nothing but a link to its own folder. ALONE: as for
# emend_unity.
function(emend_room name)
    cmake_parse_arguments(ARG "" "" "SOURCES;USES;LIBS;ALONE" ${ARGN})
    set(view ${CMAKE_BINARY_DIR}/rooms/${name})
    file(MAKE_DIRECTORY ${view})
    file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${view}/${name} SYMBOLIC)

    add_library(emend_${name}_headers INTERFACE)
    target_include_directories(emend_${name}_headers INTERFACE ${view})
    target_link_libraries(emend_${name}_headers INTERFACE emend_api ${ARG_LIBS})

    add_library(emend_${name} OBJECT ${ARG_SOURCES})
    target_link_libraries(emend_${name} PRIVATE emend_warnings PUBLIC emend_${name}_headers)
    emend_unity(emend_${name} ${ARG_ALONE})
    foreach(used ${ARG_USES})
        # A room's headers may name types of the rooms it uses, so its users see those too.
        target_link_libraries(emend_${name}_headers INTERFACE emend_${used}_headers)
    endforeach()
endfunction()

# Of tests and of the headers precompiled for them, which must agree. What is tested is optimised; the tests themselves
# compile in three quarters of the time with less of it. Qt's two macros differ by folder, which a shared PCH may not.
set(EMEND_TEST_OPTIONS $<$<CONFIG:Release>:-O1> -UQT_TESTCASE_BUILDDIR -UQT_TESTCASE_SOURCEDIR)

# A test links hundreds of libraries through LibTorch, which GNU ld goes through one by one: with gold it takes a tenth of
# the time. What is shipped is linked as everything on the system is.
if(NOT EMEND_SANITIZE)
    include(CheckLinkerFlag)
    check_linker_flag(CXX -fuse-ld=gold EMEND_HAS_GOLD)
    if(EMEND_HAS_GOLD)
        set(EMEND_TEST_LINK_OPTIONS -fuse-ld=gold)
    endif()
endif()

# emend_test(NAME SOURCES a.cpp … [ROOMS rooms…] [LIBS targets…] [TIMEOUT seconds] [LABELS …])
# One Qt Test executable, run by ctest offscreen. LIBS emend_torch_test_headers: it includes rooms that need LibTorch;
# emend_ui: it shows widgets.
function(emend_test name)
    cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;ROOMS;LIBS;LABELS" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    # Every test_x.cpp includes its test_x.moc. Asking moc for it is quick; AUTOMOC goes through all files of every test
    # and compiles one more, which together took a fifth of a whole build.
    set(mocs ${CMAKE_CURRENT_BINARY_DIR}/${name}_moc)
    foreach(source ${ARG_SOURCES})
        if(source MATCHES "^test_.*\\.cpp$")
            string(REGEX REPLACE "\\.cpp$" ".moc" moc ${source})
            qt6_generate_moc(${CMAKE_CURRENT_SOURCE_DIR}/${source} ${mocs}/${moc})
            target_sources(${name} PRIVATE ${mocs}/${moc})
        endif()
    endforeach()
    target_include_directories(${name} PRIVATE ${mocs})
    target_link_libraries(${name} PRIVATE emend_warnings emend_api Qt6::Test emend_test_support ${ARG_LIBS})
    foreach(room ${ARG_ROOMS})
        target_link_libraries(${name} PRIVATE emend_${room}_headers)
    endforeach()
    if("emend_torch_test_headers" IN_LIST ARG_LIBS) # see tests/CMakeLists.txt
        target_precompile_headers(${name} REUSE_FROM emend_torch_test_pch)
        if(EMEND_WERROR) # another of g++ 12's false alarms in std::string, where strings are joined in tests
            target_compile_options(${name} PRIVATE -Wno-error=array-bounds)
        endif()
    elseif("emend_ui" IN_LIST ARG_LIBS)
        target_precompile_headers(${name} REUSE_FROM emend_ui_test_pch)
    elseif(NOT "emend_ui_models" IN_LIST ARG_LIBS) # those know Qt's Gui, which a shared PCH may not
        target_link_libraries(${name} PRIVATE nlohmann_json::nlohmann_json)
        target_precompile_headers(${name} REUSE_FROM emend_plain_test_pch)
    endif()
    target_compile_options(${name} PRIVATE ${EMEND_TEST_OPTIONS})
    target_link_options(${name} PRIVATE ${EMEND_TEST_LINK_OPTIONS})
    target_compile_definitions(${name} PRIVATE EMEND_TEST_DATA="${CMAKE_SOURCE_DIR}/tests/data"
                                               EMEND_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    add_test(NAME ${name} COMMAND ${name})
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 120)
    endif()
    set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}"
                         ENVIRONMENT "QT_QPA_PLATFORM=offscreen;OMP_NUM_THREADS=1;ASAN_OPTIONS=detect_leaks=0")
    emend_test_cost(${name})
endfunction()

# The longest tests start first (tests/CMakeLists.txt has their seconds): one that begins last is waited for alone.
function(emend_test_cost name)
    if(DEFINED EMEND_SECONDS_${name})
        set_tests_properties(${name} PROPERTIES COST ${EMEND_SECONDS_${name}})
    endif()
endfunction()
