# SPDX-License-Identifier: GPL-3.0-or-later
# cmake --install: the programs, what they look for at run time, and what a desktop needs to know them. The tree may be
# moved as a whole: programs find libraries and resources from where they are themselves (core/catalog/paths.cpp).
include(GNUInstallDirs)

# Nobody else links these libraries: they lie in a folder of their own, at the place that the programs' RPATH and
# engine_library() name, whatever the system calls its folder of libraries.
set(libraries emend_base_lib emend_charts_lib)
if(EMEND_BUILD_ENGINE)
    list(APPEND libraries emend_engine_lib)
endif()
install(TARGETS ${libraries} LIBRARY DESTINATION lib/emend)
# A LibTorch outside the system's folders is found where it was linked.
set_target_properties(${libraries} PROPERTIES INSTALL_RPATH "$ORIGIN" INSTALL_RPATH_USE_LINK_PATH ON)

set(programs emend-cli)
if(EMEND_BUILD_UI)
    list(APPEND programs emend)
endif()
install(TARGETS ${programs} RUNTIME DESTINATION bin)

# resources_dir(): ../share/emend beside the programs. Icons and translations are compiled in.
install(DIRECTORY ${CMAKE_SOURCE_DIR}/resources/demo_model ${CMAKE_SOURCE_DIR}/resources/relations
        DESTINATION share/emend)
install(PROGRAMS ${CMAKE_SOURCE_DIR}/resources/apply_delta.py DESTINATION share/emend)
install(FILES ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/resources/screenshots DESTINATION ${CMAKE_INSTALL_DOCDIR}/resources)

if(EMEND_BUILD_UI)
    set(desktop ${CMAKE_SOURCE_DIR}/packaging/desktop)
    install(FILES ${desktop}/emend.desktop DESTINATION share/applications)
    install(FILES ${desktop}/emend.xml DESTINATION share/mime/packages)
    install(FILES ${CMAKE_SOURCE_DIR}/resources/icons/emend.svg DESTINATION share/icons/hicolor/scalable/apps)
    install(FILES ${desktop}/application-x-emend-session.svg DESTINATION share/icons/hicolor/scalable/mimetypes)
    # A double click works at once. Packages are staged with DESTDIR, and their tools do this on the user's machine.
    install(CODE [[
        if("$ENV{DESTDIR}" STREQUAL "")
            foreach(step "update-mime-database;mime" "update-desktop-database;applications")
                list(POP_FRONT step tool)
                find_program(found_${tool} ${tool})
                if(found_${tool})
                    execute_process(COMMAND ${found_${tool}} ${CMAKE_INSTALL_PREFIX}/share/${step})
                endif()
            endforeach()
        endif()
    ]])
endif()
